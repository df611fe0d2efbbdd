// SPDX-License-Identifier: Apache-2.0

package server

import (
	"errors"
	"fmt"

	"gamesession.dev/operator/shard/wire"
)

// What a client can do wrong, in the words it gets to read.
var (
	errStarted      = errors.New("resume comes first and once; use sync_request now")
	errNotStarted   = errors.New("the first frame must be resume or sync_request")
	errNoAction     = errors.New("data of action_declare: action must be an object")
	errTooManyPaths = fmt.Errorf("data of sync_request: at most %d paths are allowed", wire.MaxSyncPaths)
)

func errUnknownType(t wire.Type) error {
	return fmt.Errorf("%.40q is not a frame that a client sends", string(t))
}
