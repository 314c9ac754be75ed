package registry

import (
	"encoding/hex"
	"fmt"
)

// SchemaID is the number by which a registry knows a schema, 1 or above. The
// registry keeps it as a signed 32-bit integer, and so does the wire format.
type SchemaID int32

// Version is the number of a schema under its subject, 1 or above.
type Version int32

// LatestVersion asks for the newest version that is not deleted ("latest" in a REST path).
const LatestVersion Version = -1

// Subject is the name under which versions of a schema are kept, for instance
// "user-events-value". A context may stand before it: ":.staging:user-events-value".
type Subject string

// GUID identifies a schema by its content, the same in every registry and context.
type GUID [16]byte

// ParseGUID reads the 8-4-4-4-12 hexadecimal text of a GUID, in either case.
func ParseGUID(text string) (GUID, error) {
	var g GUID
	if len(text) == 36 && text[8] == '-' && text[13] == '-' && text[18] == '-' && text[23] == '-' {
		digits := text[:8] + text[9:13] + text[14:18] + text[19:23] + text[24:]
		if _, err := hex.Decode(g[:], []byte(digits)); err == nil {
			return g, nil
		}
	}
	return GUID{}, fmt.Errorf("registry: %d characters that are no schema GUID: want 8-4-4-4-12 hexadecimal digits", len(text))
}

// String is the 8-4-4-4-12 form in lower case, as the registry writes it.
func (g GUID) String() string {
	var b [36]byte
	hex.Encode(b[:8], g[:4])
	hex.Encode(b[9:13], g[4:6])
	hex.Encode(b[14:18], g[6:8])
	hex.Encode(b[19:23], g[8:10])
	hex.Encode(b[24:], g[10:])
	b[8], b[13], b[18], b[23] = '-', '-', '-', '-'
	return string(b[:])
}

// IsZero reports whether g is not set.
func (g GUID) IsZero() bool { return g == GUID{} }

// SchemaType is the language a schema is written in.
type SchemaType string

// The schema types every registry knows. An absent type in a REST body means Avro.
const (
	Avro     SchemaType = "AVRO"
	Protobuf SchemaType = "PROTOBUF"
	JSON     SchemaType = "JSON"
)

// Reference names a schema registered elsewhere that a schema's text uses.
type Reference struct {
	// Name is how the text calls it: Avro's full type name, Protobuf's import
	// path, JSON Schema's $ref.
	Name    string  `json:"name"`
	Subject Subject `json:"subject"`
	Version Version `json:"version"`
}

// Schema is a schema as a registry takes and gives it: text, language, and what
// comes with them. A zero Type means Avro. What a newer registry adds within
// Metadata and RuleSet is carried (see [Metadata]); what it adds beside them, or
// within a reference, is not.
type Schema struct {
	Text       string
	Type       SchemaType
	References []Reference
	Metadata   *Metadata // nil: none
	RuleSet    *RuleSet  // nil: none
}

// Registered is a schema with the places at which a registry keeps it.
type Registered struct {
	Schema
	Subject Subject
	Version Version
	ID      SchemaID
	GUID    GUID // zero where the registry has no GUIDs
}
