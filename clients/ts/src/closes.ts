// SPDX-License-Identifier: Apache-2.0

export type Return = "resume" | "stay" | "new_token" | "never";

/** Says what to do after a close with a code. */
export function afterClose(code: number): Return {
  switch (code) {
    case 1002:
    case 1003:
    case 1007:
    case 1008:
    case 1009:
    case 1010:
      return "never";
    case 4001:
    case 4101:
      return "new_token";
    case 4004:
      return "stay";
  }
  return code >= 4100 && code <= 4199 ? "never" : "resume";
}

/** The statuses of a handshake that was refused for good. */
export const finalStatuses = new Set([400, 401, 403, 404, 426, 431]);
