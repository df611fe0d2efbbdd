// SPDX-License-Identifier: Apache-2.0

package httpapi

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"gamesession.dev/operator/shard/wire"
)

// ReadBody reads a JSON body of at most so many bytes. A request may have none.
func ReadBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, *Problem) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return nil, &Problem{Code: wire.CodeTooLarge, Message: fmt.Sprintf("the body has more than %d bytes", most)}
	}
	if err != nil {
		return nil, &Problem{Code: wire.CodeBadRequest, Message: "the body ends early"}
	}
	if len(body) > 0 && !isJSON(r.Header) {
		return nil, &Problem{Code: wire.CodeMediaType, Message: "the body must be application/json in UTF-8, without a content encoding"}
	}
	return body, nil
}

func isJSON(h http.Header) bool {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil || kind != "application/json" || len(h.Values("Content-Type")) > 1 || h.Get("Content-Encoding") != "" {
		return false
	}
	for name, value := range params {
		if name != "charset" || !strings.EqualFold(value, "utf-8") {
			return false
		}
	}
	return true
}

// Decode reads a body strictly, see [wire.DecodeObject].
func Decode(body []byte, v any) *Problem {
	if err := wire.DecodeObject(body, v); err != nil {
		return BadBody(err.Error())
	}
	return nil
}

// BadBody tells what is wrong with a body.
func BadBody(why string) *Problem {
	return &Problem{Code: wire.CodeBadRequest, Message: "the body: " + strings.TrimPrefix(why, wire.ErrBadFrame.Error()+": ")}
}
