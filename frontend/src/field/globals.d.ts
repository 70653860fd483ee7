/** Filled in by the build: which build wrote a row of the outbox. */
declare const __BUILD__: string;
