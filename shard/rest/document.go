// SPDX-License-Identifier: Apache-2.0

package rest

import (
	_ "embed"

	"gamesession.dev/operator/shard/httpapi"
)

//go:embed openapi.yaml
var openapi []byte

// document is what a client may know of the interface.
var document = httpapi.MustDocument(openapi)
