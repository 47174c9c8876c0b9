import type { DiagnosisCode } from './diagnosis-codes.ts';

/** A code and, where the facts allow it, a more precise cause than the code's standard text. */
export interface Finding {
  readonly code: DiagnosisCode;
  readonly cause?: string;
}
