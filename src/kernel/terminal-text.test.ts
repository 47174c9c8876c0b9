import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { createConsoleLogger } from './console-logger.ts';
import { terminalLines, terminalOutput, terminalText } from './terminal-text.ts';

const escape = '\u001b';

describe('Foreign text on a terminal', () => {
  it.each([
    ['a newline that begins a line of its own', 'a\n12:00 | INFO', 'a\\n12:00 | INFO'],
    ['a carriage return and a tab', 'a\rb\tc', 'a\\rb\\tc'],
    ['colours', `${escape}[31mred`, '\\x1b[31mred'],
    ['a title, or a link, of the terminal', `${escape}]0;title\u0007`, '\\x1b]0;title\\x07'],
    ['a sequence that begins with one byte', '\u009b2J', '\\x9b2J'],
    ['delete and backspace', 'a\u007f\b', 'a\\x7f\\x08'],
    ['a turn of the direction', 'user\u202etxt.exe\u2066', 'user\\u202etxt.exe\\u2066'],
    ['separators of lines', 'a\u2028b\u2029', 'a\\u2028b\\u2029'],
    ['half a character', 'a\ud800', 'a\\ud800'],
  ])('shows %s without interpreting it', (_what, text, shown) => {
    expect(terminalText(text)).toBe(shown);
  });

  it.each(['plain words', 'größer 大きい', 'family 👨‍👩‍👧', 'עברית', 'C:\\new'])(
    'leaves "%s" as it is',
    (text) => {
      expect(terminalText(text)).toBe(text);
    },
  );

  it('keeps our own line breaks', () => {
    expect(terminalLines(`{\n  "a": "\u009b"\n}`)).toBe('{\n  "a": "\\x9b"\n}');
  });

  it('never contains anything that a terminal interprets', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(terminalText(text)).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069\u2028\u2029]/u);
      }),
    );
  });
});

describe('Container output on a terminal', () => {
  it.each([
    ['its lines, without the last break', 'one\r\ntwo\n', ['one', 'two']],
    ['each turn of a progress bar', '10%\r20%\r', ['10%', '20%']],
    ['an empty line', '', ['']],
    ['tabs', 'a\tb', ['a\tb']],
    ['colours, which end with the line', `${escape}[1;31mred`, [`${escape}[1;31mred${escape}[0m`]],
    [
      'colours that end by themselves',
      `${escape}[31mred${escape}[0m`,
      [`${escape}[31mred${escape}[0m`],
    ],
    [
      'no movement, no title, no question',
      `${escape}[2J${escape}]0;x\u0007${escape}[6n`,
      ['\\x1b[2J\\x1b]0;x\\x07\\x1b[6n'],
    ],
  ])('keeps %s', (_what, text, lines) => {
    expect(terminalOutput(text)).toEqual(lines);
  });
});

describe('A log line', () => {
  const hostile = `a\nb${escape}[2J`;
  const linesOf = (format: 'text' | 'json'): string => {
    let written = '';
    const sink = { write: (text: string) => void (written += text) };
    const log = createConsoleLogger({ sink, clock: new ManualClock(), level: 'info', format });
    log.child({ flowRunName: hostile }).info(`Run '${hostile}'`, { reason: hostile });
    return written;
  };

  it('for people is one line, whatever names and reasons it contains', () => {
    expect(linesOf('text')).toMatch(
      /Flow run 'a\\nb\\x1b\[2J' - Run 'a\\nb\\x1b\[2J' \(reason=a\\nb\\x1b\[2J\)\n$/,
    );
  });

  it('for a collector contains them unchanged', () => {
    expect(JSON.parse(linesOf('json'))).toMatchObject({
      message: `Run '${hostile}'`,
      reason: hostile,
    });
  });
});
