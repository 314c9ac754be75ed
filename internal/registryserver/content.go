package registryserver

import (
	"crypto/md5"
	"encoding/binary"
	"hash"
	"maps"
	"slices"

	"github.com/concord-go/concord/registry"
)

// contentGUID identifies a schema by all that makes it up but its type: the MD5 of
// text, references, metadata and rule set. Metadata and rule set that are there
// but empty are something else than none.
func contentGUID(s *registry.Schema) registry.GUID {
	h := hasher{md5.New()}
	h.text(s.Text)
	for _, r := range s.References {
		h.text(r.Name, string(r.Subject))
		var version [4]byte
		binary.BigEndian.PutUint32(version[:], uint32(r.Version))
		h.Write(version[:])
	}
	if m := s.Metadata; m != nil {
		h.Write([]byte{1})
		for _, k := range slices.Sorted(maps.Keys(m.Tags)) {
			h.text(k)
			h.text(slices.Sorted(slices.Values(m.Tags[k]))...)
		}
		h.texts(m.Properties)
		h.text(slices.Sorted(slices.Values(m.Sensitive))...)
	}
	if rs := s.RuleSet; rs != nil {
		h.Write([]byte{1})
		for _, rules := range [][]registry.Rule{rs.MigrationRules, rs.DomainRules, rs.EncodingRules} {
			for i := range rules {
				h.rule(&rules[i])
			}
		}
		h.text(rs.EnableAt)
	}
	return registry.GUID(h.Sum(nil))
}

// hasher writes texts into a hash, one after the other.
type hasher struct{ hash.Hash }

func (h hasher) text(texts ...string) {
	for _, t := range texts {
		h.Write([]byte(t)) // a hash takes all and never fails
	}
}

func (h hasher) texts(m map[string]string) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		h.text(k, m[k])
	}
}

func (h hasher) rule(r *registry.Rule) {
	h.text(r.Name, r.Doc, r.Kind, r.Mode, r.Type)
	h.text(slices.Sorted(slices.Values(r.Tags))...)
	h.texts(r.Params)
	h.text(r.Expr, r.OnSuccess, r.OnFailure)
	if r.Disabled {
		h.Write([]byte{1})
	}
}
