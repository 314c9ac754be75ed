package avro_test

import (
	"encoding/hex"
	"testing"

	"github.com/concord-go/concord/avro"
)

// The fingerprints are those that Avro for Java 1.12.1 computes.
func TestCanonicalFormAndFingerprint(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, canonical string
		fingerprint     uint64
	}{
		{`"null"`, `"null"`, 0x63dd24e7cc258f8a},
		{`{"type":"boolean"}`, `"boolean"`, 0x9f42fc78a4d4f764},
		{`{"type":"int","logicalType":"date"}`, `"int"`, 0x7275d51a3f395c8f},
		{`"long"`, `"long"`, 0xd054e14493f41db7},
		{`"float"`, `"float"`, 0x4d7c02cb3ea8d790},
		{`"double"`, `"double"`, 0x8e7535c032ab957e},
		{`"bytes"`, `"bytes"`, 0x4fc016dac3201965},
		{`"string"`, `"string"`, 0x8f014872634503c7},
		{`{"type":"fixed","name":"MyFixed","namespace":"a.b","size":16,"doc":"x"}`,
			`{"name":"a.b.MyFixed","type":"fixed","size":16}`, 0xdafb6d0f03a1ae93},
		{`{"type":"record","name":"Pair","namespace":"p","fields":[{"name":"a","type":"int","default":1},{"name":"next","type":["null","Pair"],"default":null}]}`,
			`{"name":"p.Pair","type":"record","fields":[{"name":"a","type":"int"},{"name":"next","type":["null","p.Pair"]}]}`, 0xca5924bce0f28462},
		{`{"type":"enum","name":"E","symbols":["A","B"],"default":"A"}`,
			`{"name":"E","type":"enum","symbols":["A","B"]}`, 0xae10ce05eafd7355},
		{`["null",{"type":"array","items":{"type":"map","values":"long"}}]`,
			`["null",{"type":"array","items":{"type":"map","values":"long"}}]`, 0x87b5e7998de2c313},
	} {
		s := avro.MustParse(c.text)
		if got := s.Canonical(); got != c.canonical {
			t.Errorf("%s: canonical form %s, want %s", c.text, got, c.canonical)
		}
		if got := s.Fingerprint(); got != c.fingerprint {
			t.Errorf("%s: fingerprint %#x, want %#x", c.text, got, c.fingerprint)
		}
	}
}

func TestLongFingerprints(t *testing.T) {
	t.Parallel()
	s := avro.MustParse(`"int"`)
	sha, md := s.SHA256(), s.MD5()
	if got := hex.EncodeToString(sha[:]); got != "3f2b87a9fe7cc9b13835598c3981cd45e3e355309e5090aa0933d7becb6fba45" {
		t.Errorf("SHA-256 %s", got)
	}
	if got := hex.EncodeToString(md[:]); got != "ef524ea1b91e73173d938ade36c1db32" {
		t.Errorf("MD5 %s", got)
	}
}
