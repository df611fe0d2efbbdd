// SPDX-License-Identifier: Apache-2.0

package dev

import (
	"fmt"
	"io"
	"strings"
	"time"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/wire"
)

// page is what a dev shard prints once it plays: URL, address of metrics, how long
// tokens are good, seats, protocol, the game master's token as a browser hands it
// over, URL for REST.
const page = `
A shard for developers of game clients: everything is in memory and gone when it ends.
Session ` + sessionID + `, "` + title + `", waits for somebody to start the fight.

  WebSocket    %[1]s
  REST         %[7]s, described at /openapi.json
  metrics      http://%[2]s/metrics

Tokens, good for %[3]d hours:
%[4]s
To be the game master, paste this into the console of a browser (on about:blank) or of Node 22, and see what comes:

  ws = new WebSocket("%[1]s", ["%[5]s", "%[6]s"])
  ws.onmessage = m => console.log(m.data)
  ws.onopen = () => ws.send('{"type":"sync_request"}')

And then, to start the fight:

  ws.send('{"type":"action_declare","data":{"n":1,"action_id":"first","action":{"type":"start_combat"}}}')

docs/tutorial.md goes on from here; Ctrl-C ends.
`

func (s *Stage) print(out io.Writer, now time.Time) error {
	path := s.cfg.Listen + "/api/v2/sessions/" + sessionID
	var list strings.Builder
	master := ""
	for _, seat := range seats {
		token, err := s.token(seat.player, seat.role, now)
		if err != nil {
			return err
		}
		if seat.role == auth.GameMaster {
			master = token
		}
		fmt.Fprintf(&list, "\n  %-5s %s\n    %s\n", seat.player, seat.who, token)
	}
	_, err := fmt.Fprintf(out, page, "ws://"+path+"/ws", s.cfg.OpsListen, int(tokensFor/time.Hour), list.String(),
		wire.Subprotocol, wire.TokenSubprotocolPrefix+master, "http://"+path)
	if err != nil {
		return fmt.Errorf("printing how to connect: %w", err)
	}
	return nil
}
