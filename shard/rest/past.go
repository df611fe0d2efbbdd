// SPDX-License-Identifier: Apache-2.0

package rest

import (
	"context"
	"net/http"

	"gamesession.dev/operator/shard/auth"
	"gamesession.dev/operator/shard/httpapi"
	"gamesession.dev/operator/shard/registry"
	"gamesession.dev/operator/shard/session"
	"gamesession.dev/operator/shard/wire"
)

func undo(c *call) (action, *httpapi.Problem) {
	var body wire.UndoRequest
	if problem := httpapi.Decode(c.body, &body); problem != nil {
		return nil, problem
	}
	if body.Version == 0 {
		return nil, httpapi.BadBody("version is missing: the one that you have seen")
	}
	return c.goingBack(session.Back{Base: body.Version}), nil
}

func rollback(c *call) (action, *httpapi.Problem) {
	var body wire.RollbackRequest
	if problem := httpapi.Decode(c.body, &body); problem != nil {
		return nil, problem
	}
	if body.To == 0 {
		return nil, httpapi.BadBody("to is missing: the version to go back to")
	}
	return c.goingBack(session.Back{To: body.To, Base: body.Version}), nil
}

func (c *call) goingBack(b session.Back) action {
	return c.updating(auth.Rewind, func(ctx context.Context, s *session.Session) (*answer, error) {
		at, to, err := s.GoBack(ctx, c.caller, b)
		if err != nil {
			return nil, err
		}
		c.Logger.Info("went back", "session", c.id, "to", to, "at", at.String(), "by", c.caller.Player)
		return &answer{body: wire.Rewound{Position: wire.Position(at), To: to}}, nil
	})
}

func end(c *call) (action, *httpapi.Problem) {
	if problem := httpapi.Decode(c.body, &struct{}{}); problem != nil {
		return nil, problem
	}
	return c.updating(auth.End, func(ctx context.Context, s *session.Session) (*answer, error) {
		if err := s.End(ctx, c.caller); err != nil {
			return nil, err
		}
		c.Logger.Info("ended", "session", c.id, "by", c.caller.Player)
		act, _ := getSession(c)
		return act(ctx, s)
	}), nil
}

// contentNDJSON is one JSON object a line.
const contentNDJSON = "application/x-ndjson"

// export writes the transcript of a session, which `kubectl gamesession verify`
// takes. It has hidden things in it, so before the end it is for game masters.
func export(c *call) (action, *httpapi.Problem) {
	return func(ctx context.Context, s *session.Session) (*answer, error) {
		if _, err := s.Permit(ctx, c.caller, auth.Export, auth.Others); err != nil {
			return nil, err
		}
		look, err := s.Look(ctx, c.caller, []string{"/session/lifecycle"})
		if err != nil {
			return nil, err
		}
		if c.session(look).Lifecycle != registry.LifecycleEnded && !(auth.Claims{Session: c.id, Role: look.Role}).Allowed(c.id, auth.ExportLive, auth.Others) {
			return nil, &httpapi.Problem{Code: wire.CodeNotEnded, Message: "players may read the journal when the session has ended"}
		}
		select {
		case c.exports <- struct{}{}:
		default:
			return nil, &httpapi.Problem{Code: wire.CodeBusy, Message: "another session is being exported; try again"}
		}
		loaded, err := c.Journal.Load(ctx, c.id)
		if err != nil {
			<-c.exports
			c.Logger.Warn("exporting a session", "session", c.id, "error", err)
			return nil, &httpapi.Problem{Code: wire.CodeUnavailable, Message: "the journal cannot be read now; try again"}
		}
		return &answer{stream: func(w http.ResponseWriter) error {
			defer func() { <-c.exports }()
			w.Header().Set("Content-Type", contentNDJSON)
			w.Header().Set("Content-Disposition", `attachment; filename="`+c.id+`.ndjson"`)
			err := session.WriteTranscript(w, c.id, loaded)
			if err != nil {
				c.Logger.Warn("exporting a session", "session", c.id, "error", err)
			}
			return err
		}}, nil
	}, nil
}
