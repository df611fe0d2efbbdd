// SPDX-License-Identifier: Apache-2.0

// Package plainjson writes and reads plain values as encoding/json does, for a
// fraction of its work: structs of strings, whole numbers, booleans, and lists of
// such. The declaration of the struct stays the only description of its form.
// Whatever is not plain, be it a type or a spelling, is left to encoding/json, so
// the bytes are always the same; the tests compare them.
package plainjson
