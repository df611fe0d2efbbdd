// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// tally counts what was met in play, so that nothing the rules have is never tried.
type tally struct {
	fights           int
	commands, events map[string]int
	windows          map[WindowKind]*answers
	open             WindowKind
}

// answers counts how often a kind of window was opened, and what came of it.
type answers struct{ asked, taken, left, lapsed int }

func newTally() *tally {
	return &tally{commands: map[string]int{}, events: map[string]int{}, windows: map[WindowKind]*answers{}}
}

// count notes a command that was accepted.
func (n *tally) count(c Command, events []Event) {
	n.commands[c.Kind()]++
	for _, e := range events {
		n.events[e.Kind()]++
		switch e := e.(type) {
		case WindowOpened:
			n.open = e.Window.Kind
			n.of(n.open).asked++
		case WindowClosed:
			n.of(n.open).close(e)
		}
	}
}

func (n *tally) of(kind WindowKind) *answers {
	if n.windows[kind] == nil {
		n.windows[kind] = &answers{}
	}
	return n.windows[kind]
}

func (a *answers) close(e WindowClosed) {
	switch {
	case e.Lapsed:
		a.lapsed++
	case e.Answer == "":
		a.left++
	default:
		a.taken++
	}
}

func (n *tally) String() string {
	var out strings.Builder
	fmt.Fprintf(&out, "%d fights\ncommands %v\nevents %v\nwindows", n.fights, n.commands, n.events)
	for _, kind := range slices.Sorted(maps.Keys(n.windows)) {
		fmt.Fprintf(&out, "\n%s %+v", kind, *n.windows[kind])
	}
	return out.String()
}

// wantWindows wants each kind of window to be asked, taken and left.
func (n *tally) wantWindows(t *testing.T) {
	t.Helper()
	for _, kind := range windowKinds(t) {
		if a := n.of(kind); a.taken == 0 || a.left+a.lapsed == 0 {
			t.Errorf("%s windows were asked %d times, taken %d, left %d, lapsed %d", kind, a.asked, a.taken, a.left, a.lapsed)
		}
	}
}

// wantEvents wants each kind of event.
func (n *tally) wantEvents(t *testing.T) {
	t.Helper()
	for kind := range events {
		if n.events[kind] == 0 {
			t.Errorf("no event is a %s", kind)
		}
	}
}

// windowKinds reads the kinds of windows where they are declared.
func windowKinds(t *testing.T) (kinds []WindowKind) {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), "window.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(tree, func(node ast.Node) bool {
		spec, is := node.(*ast.ValueSpec)
		if !is || spec.Type == nil || len(spec.Values) != 1 {
			return true
		}
		name, text := spec.Type.(*ast.Ident), spec.Values[0].(*ast.BasicLit)
		if name.Name == "WindowKind" {
			kind, err := strconv.Unquote(text.Value)
			if err != nil {
				t.Fatal(err)
			}
			kinds = append(kinds, WindowKind(kind))
		}
		return true
	})
	if len(kinds) < 6 {
		t.Fatalf("the kinds of windows are %v", kinds)
	}
	return kinds
}

// The scenes have each kind of window, each command and each event.
func TestScenesHaveEverything(t *testing.T) {
	seen := newTally()
	playScenes(t, func(c Command, events []Event, _ *State) { seen.count(c, events) })
	seen.wantWindows(t)
	seen.wantEvents(t)
	for kind := range commands {
		if seen.commands[kind] == 0 {
			t.Errorf("no scene has a %s", kind)
		}
	}
	t.Log(seen)
}
