import { describe, expect, it } from 'vitest';
import { durationText } from './duration-text.ts';
import { readBoolean, readNumber, settingText, type RawSetting } from './setting-text.ts';
import type { SettingType } from './settings-catalogue.ts';

describe('A setting is passed on', () => {
  it.each<[SettingType, RawSetting, string | undefined]>([
    ['boolean', 'yes', 'True'],
    ['boolean', 'F', 'False'],
    ['boolean', true, 'True'],
    ['boolean', 0, 'False'],
    ['boolean', 'maybe', 'maybe'],
    ['float', '15', '15.0'],
    ['float', ' 1_000.5 ', '1000.5'],
    ['float', '.5', '0.5'],
    ['float', '1e20', '1e+20'],
    ['float', 2.5, '2.5'],
    ['float', 'soon', 'soon'],
    ['integer', ' +7 ', '7'],
    ['integer', '1_000', '1000'],
    ['integer', '5.0', '5'],
    ['integer', '0x10', '0x10'],
    ['integer', '1.5', '1.5'],
    ['floats', '1,2', '1.0,2.0'],
    ['floats', '10,,2', '10.0,2.0'],
    ['floats', ' 4 ', '4'],
    ['floats', '1e3', '1000.0'],
    ['floats', [1, 2.5], '1.0,2.5'],
    ['floats', ',', undefined],
    ['floats', '', undefined],
    ['list', '500, 404,500', '404,500'],
    ['list', [500, 404], '404,500'],
    ['list', '', ''],
    ['list', 'true', 'True'],
    ['list', false, 'False'],
    ['list', 'a', 'a'],
    ['json', '{"A":"b","l":[1,null]}', '{"A": "b", "l": [1, null]}'],
    ['json', { A: 'é' }, String.raw`{"A": "\u00e9"}`],
    ['json', 'no json', '"no json"'],
    ['level', 'debug', 'DEBUG'],
    ['duration', '15', 'PT15S'],
    ['path', '/a//b/./c/', '/a/b/c'],
    ['path', './x', 'x'],
    ['path', '', '.'],
    ['path', '//x', '//x'],
    ['text', ' as it is ', ' as it is '],
    ['text', 5, '5'],
    ['text', { a: true }, '{"a": true}'],
  ])('as %s: %j is %j', (type, value, expected) => {
    expect(settingText(value, type)).toBe(expected);
  });
});

it('A type that is not in the catalogue is an internal error', () => {
  // Only a cast gets past the compiler.
  expect(() => settingText('x', 'colour' as SettingType)).toThrow('unexpected value: "colour"');
});

describe('A duration', () => {
  it.each([
    ['PT30M', 'PT30M'],
    ['90061.5', 'P1DT1H1M1.5S'],
    ['PT90S', 'PT1M30S'],
    ['P1W', 'P7D'],
    ['p1dt2h', 'P1DT2H'],
    ['0', 'PT0S'],
    ['0.1', 'PT0.1S'],
    ['P', 'P'],
    ['1:00:00', '1:00:00'],
  ])('of %s is %s', (text, expected) => {
    expect(durationText(text)).toBe(expected);
  });
});

describe('Single values', () => {
  it('include booleans, parsed as in Prefect', () => {
    expect(['true', '1', 'T', 'on', 'Yes', 'y'].map(readBoolean)).toEqual(Array(6).fill(true));
    expect(['false', '0', 'f', 'OFF', 'no', 'n'].map(readBoolean)).toEqual(Array(6).fill(false));
    expect(['', ' ', '2', 'tru'].map(readBoolean)).toEqual(Array(4).fill(undefined));
  });

  it('include numbers, parsed as in Python', () => {
    expect(['1', '-1.5', '1_0', '1.', '1E3'].map(readNumber)).toEqual([1, -1.5, 10, 1, 1000]);
    expect(['', 'x', '0x1', '1__0', 'Infinity', '1 2'].map(readNumber)).toEqual(
      Array(6).fill(undefined),
    );
  });
});
