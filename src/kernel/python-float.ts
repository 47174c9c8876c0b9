/** Python's `repr` of a float: always a fraction; a two-digit exponent from 1e16 and below 1e-4. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size >= 1e16 || (size > 0 && size < 1e-4)) {
    return value.toExponential().replace(/(?<=e[+-])\d$/, (digit) => `0${digit}`);
  }
  return Number.isInteger(value) ? `${value}.0` : String(value);
}
