// SPDX-License-Identifier: Apache-2.0

// Package aof reads what a Redis server has written to its append-only files:
// every change in the order in which it happened, also of what was trimmed or
// overwritten since. It shares no code with those who wrote it.
package aof

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Read calls take with every command in the files of a server that kept its
// data in dir, oldest first. Of a base, which a replica writes when it gets a
// whole copy, the commands rebuild what was there, in no order of time. A command
// that is cut off at the end was never acknowledged and is left out, as Redis
// does.
func Read(dir string, take func(command []string, base bool) error) error {
	files, err := parts(filepath.Join(dir, "appendonlydir"))
	if err != nil {
		return err
	}
	for _, file := range files {
		base := strings.Contains(filepath.Base(file), ".base.")
		if err := readFile(file, func(command []string) error { return take(command, base) }); err != nil {
			return fmt.Errorf("reading %s: %w", file, err)
		}
	}
	return nil
}

// parts lists the files that the manifest names, in order.
func parts(dir string) ([]string, error) {
	manifests, err := filepath.Glob(filepath.Join(dir, "*.manifest"))
	if err != nil || len(manifests) != 1 {
		return nil, fmt.Errorf("looking for the manifest in %s: %d found: %w", dir, len(manifests), err)
	}
	text, err := os.ReadFile(manifests[0])
	if err != nil {
		return nil, err
	}
	var files []string
	for _, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line) // file NAME seq N type b|i|h
		if len(words) == 6 && words[5] != "h" {
			files = append(files, filepath.Join(dir, words[1]))
		}
	}
	return files, nil
}

func readFile(path string, take func([]string) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	r := bufio.NewReader(f)
	if head, err := r.Peek(5); err == nil && string(head) == "REDIS" {
		// A base that Redis wrote as a dump: only a new, empty server has one.
		return nil
	}
	for {
		command, err := readCommand(r)
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, errTorn) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := take(command); err != nil {
			return err
		}
	}
}

// errTorn says that the file does not go on with a command.
var errTorn = errors.New("no command follows")

func readCommand(r *bufio.Reader) ([]string, error) {
	n, err := readNumber(r, '*')
	if err != nil {
		return nil, err
	}
	command := make([]string, n)
	for i := range command {
		size, err := readNumber(r, '$')
		if err != nil {
			return nil, err
		}
		data := make([]byte, size+2)
		if _, err := io.ReadFull(r, data); err != nil {
			return nil, err
		}
		command[i] = string(data[:size])
	}
	return command, nil
}

func readNumber(r *bufio.Reader, kind byte) (int, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 3 || line[0] != kind {
		return 0, fmt.Errorf("%w: %.20q", errTorn, line)
	}
	n, err := strconv.Atoi(strings.TrimSuffix(line[1:], "\r\n"))
	if err != nil || n < 0 || n > 64<<20 {
		return 0, fmt.Errorf("%w: %.20q", errTorn, line)
	}
	return n, nil
}
