// SPDX-License-Identifier: Apache-2.0

package botlog

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"gamesession.dev/operator/shard/wire"
)

func TestWriteThenRead(t *testing.T) {
	dir := t.TempDir()
	w, err := Create(dir, "s1", "p1", "table")
	if err != nil {
		t.Fatal(err)
	}
	at := wire.Position{Epoch: 2, Version: 7}
	w.Write(Line{UnixMillis: 1, Kind: Ack, N: 3, ActionID: "a-3"}.At(at))
	w.Write(Line{UnixMillis: 2, Kind: Update, Hash: "00"}.At(at))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	files, err := Files(dir)
	if err != nil || len(files) != 1 {
		t.Fatalf("Files = %v, %v", files, err)
	}
	// A bot that was killed leaves half a line.
	half, err := os.OpenFile(files[0], os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := half.WriteString(`{"t":3,"k":"up`); err != nil {
		t.Fatal(err)
	}
	if err := half.Close(); err != nil {
		t.Fatal(err)
	}
	var got []Line
	if err := Read(files[0], func(l Line) error { got = append(got, l); return nil }); err != nil {
		t.Fatal(err)
	}
	want := []Line{
		{UnixMillis: got[0].UnixMillis, Kind: Start, Session: "s1", Player: "p1", View: "table"},
		{UnixMillis: 1, Kind: Ack, N: 3, ActionID: "a-3", Epoch: 2, Version: 7},
		{UnixMillis: 2, Kind: Update, Epoch: 2, Version: 7, Hash: "00"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	if got[1].Position() != at {
		t.Errorf("position = %s, want %s", got[1].Position(), at)
	}
}

func TestZeroWriterWritesNowhere(t *testing.T) {
	var w Writer
	w.Write(Line{Kind: Ack})
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}
