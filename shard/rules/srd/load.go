// SPDX-License-Identifier: Apache-2.0

package srd

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"gamesession.dev/operator/shard/rules/content"
)

// V1 is the first version of the data of SRD 5.2.1.
const V1 = "srd-5.2.1/1"

// Notice is the licence and the attribution that go with the data.
//
//go:embed NOTICE
var Notice string

//go:embed data
var files embed.FS

// sources says which files make a version.
var sources = map[string][]string{
	V1: {
		"data/srd-5.2.1/creatures.json", "data/srd-5.2.1/characters.json", "data/srd-5.2.1/spells.json",
		"data/srd-5.2.1/weapons.json", "data/srd-5.2.1/armor.json",
	},
}

// Load gives a version of the data, read and checked anew at each call: the
// caller may keep and change it. Creatures are the monsters of the SRD and the
// sample characters, which have a Level and no CR. An error says that there is
// no such version; the versions there are have no errors.
func Load(version string) (*content.Bundle, error) {
	names, known := sources[version]
	if !known {
		return nil, fmt.Errorf("loading content: there is no version %.40q", version)
	}
	bundle := &content.Bundle{Version: version}
	for _, name := range names {
		raw, err := files.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("loading content %s: %w", version, err)
		}
		if err := add(bundle, raw); err != nil {
			return nil, fmt.Errorf("loading content %s: %s: %w", version, name, err)
		}
	}
	if err := Check(bundle); err != nil {
		return nil, fmt.Errorf("loading content %s: %w", version, err)
	}
	return bundle, nil
}

// shared has each version once it was asked for.
var shared = map[string]func() (*content.Bundle, error){
	V1: sync.OnceValues(func() (*content.Bundle, error) { return Load(V1) }),
}

// Shared is [Load] for who does not change what it gives: all get the same.
func Shared(version string) (*content.Bundle, error) {
	if load, known := shared[version]; known {
		return load()
	}
	return Load(version)
}

// add reads one file strictly and puts what it has behind what is there. All files
// of a version have the same meta.
func add(to *content.Bundle, raw []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var part content.Bundle
	if err := decoder.Decode(&part); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("something follows the document")
	}
	if to.Meta == nil {
		to.Meta = part.Meta
	}
	to.Creatures = append(to.Creatures, part.Creatures...)
	to.Spells = append(to.Spells, part.Spells...)
	to.Weapons = append(to.Weapons, part.Weapons...)
	to.Armor = append(to.Armor, part.Armor...)
	return nil
}
