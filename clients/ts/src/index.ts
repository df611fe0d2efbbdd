// SPDX-License-Identifier: Apache-2.0

/** A client of live game sessions. {@link connect} is where to begin. */
export { Client, connect } from "./client.js";
export { tickets } from "./credentials.js";
export type { Credentials, TicketOptions } from "./credentials.js";
export type { Answer, Options } from "./options.js";
export type { ClientEvent } from "./events.js";
export { ClosedError, EndedError, TooManyPendingError } from "./errors.js";
export { View, hashOf } from "./view.js";
export type * from "./frames.js";
