// SPDX-License-Identifier: Apache-2.0

/** The client was closed. Whether a command without an answer was applied is not known. */
export class ClosedError extends Error {
  override name = "ClosedError";
}

/** A shard said not to come back, or not with this token. */
export class EndedError extends Error {
  override name = "EndedError";

  constructor(
    /** The close code, or the HTTP status of a refused handshake. */
    readonly code: number,
    reason: string,
    /** Another token would help. */
    readonly newToken: boolean,
  ) {
    super(reason || `the connection ended with ${code}`);
  }
}

/** Too many commands have no answer yet; this one was not taken. */
export class TooManyPendingError extends Error {
  override name = "TooManyPendingError";
}
