import type { Row } from './records.ts';

/** Rows by id, in the order of creation. */
export class Table<T extends Row> {
  readonly #rows = new Map<string, T>();

  get size(): number {
    return this.#rows.size;
  }

  get(id: string): T | undefined {
    return this.#rows.get(id);
  }

  put(row: T): T {
    this.#rows.set(row.id, row);
    return row;
  }

  delete(id: string): boolean {
    return this.#rows.delete(id);
  }

  all(): readonly T[] {
    return [...this.#rows.values()];
  }

  find(matches: (row: T) => boolean): T | undefined {
    for (const row of this.#rows.values()) if (matches(row)) return row;
    return undefined;
  }

  filter(matches: (row: T) => boolean): readonly T[] {
    const found: T[] = [];
    for (const row of this.#rows.values()) if (matches(row)) found.push(row);
    return found;
  }
}
