// SPDX-License-Identifier: Apache-2.0

package server

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// originAllowed says whether a browser may connect from where it is. A client
// that names no origin is no browser: nobody can make it connect unawares. With
// a list, an origin must be on it, letter by letter; without one, it must be the
// host that the client asked for. Scheme and case are as browsers write them.
func originAllowed(r *http.Request, list []string) bool {
	origins := r.Header.Values("Origin")
	switch {
	case len(origins) == 0:
		return true
	case len(origins) > 1:
		return false
	case len(list) > 0:
		return slices.Contains(list, origins[0])
	}
	host, found := strings.CutPrefix(origins[0], "https://")
	if !found {
		host, found = strings.CutPrefix(origins[0], "http://")
	}
	return found && host == r.Host
}

// CheckOrigin says what is wrong with an entry of [Config.Origins].
func CheckOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Scheme+"://"+u.Host != origin || strings.ToLower(origin) != origin {
		return fmt.Errorf("%q is not an origin as browsers write it: https://host or https://host:port, in small letters", origin)
	}
	return nil
}
