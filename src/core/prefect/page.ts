/**
 * Records in one answer of Prefect: the default and the most of a self-hosted server. It answers a
 * larger limit with 422, and leaves out what is beyond it without a word (prefect-api.md 9).
 */
export const recordsPerPage = 200;
