package registryserver

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"

	"github.com/concord-go/concord/registry"
)

// place is where a version is kept.
type place struct {
	subject string // qualified
	version int32
}

// stored is one version of a subject. It is never changed once it is in the state:
// a soft delete puts a changed copy in its place.
type stored struct {
	Subject    string               `json:"subject"` // qualified
	Version    int32                `json:"version"`
	ID         int32                `json:"id"`
	Type       registry.SchemaType  `json:"type"`
	Text       string               `json:"schema"`
	References []registry.Reference `json:"references,omitempty"`
	Metadata   *registry.Metadata   `json:"metadata,omitempty"`
	RuleSet    *registry.RuleSet    `json:"ruleSet,omitempty"`
	Deleted    bool                 `json:"deleted,omitempty"`
	Time       int64                `json:"ts"` // Unix milliseconds

	guid registry.GUID // made from the above
}

func (v *stored) place() place { return place{v.Subject, v.Version} }

func (v *stored) schema() registry.Schema {
	return registry.Schema{Text: v.Text, Type: v.Type, References: v.References, Metadata: v.Metadata, RuleSet: v.RuleSet}
}

// size is how many bytes it takes to keep v.
func (v *stored) size() int {
	kept, err := json.Marshal(v)
	if err != nil {
		return math.MaxInt // nothing in it can fail
	}
	return len(kept)
}

// targets are the places that v's references point at.
func (v *stored) targets() []place {
	all := make([]place, len(v.References))
	for i, r := range v.References {
		all[i] = place{within(v.Subject, string(r.Subject)), int32(r.Version)}
	}
	return all
}

// subject holds the versions of one name, in ascending order.
type subject struct {
	name     string // qualified
	versions []*stored
	live     int // versions that are not deleted
}

// at is the version with that number; nil when there is none.
func (s *subject) at(version int32) *stored {
	if s == nil {
		return nil
	}
	if i, ok := s.find(version); ok {
		return s.versions[i]
	}
	return nil
}

func (s *subject) find(version int32) (int, bool) {
	return slices.BinarySearchFunc(s.versions, version, func(v *stored, n int32) int { return cmp.Compare(v.Version, n) })
}

// latest is the newest live version; nil when none lives.
func (s *subject) latest() *stored {
	if s == nil {
		return nil
	}
	for _, v := range slices.Backward(s.versions) {
		if !v.Deleted {
			return v
		}
	}
	return nil
}

// liveVersions are the versions that are not deleted, oldest first.
func (s *subject) liveVersions() []*stored {
	if s == nil {
		return nil
	}
	all := make([]*stored, 0, s.live)
	for _, v := range s.versions {
		if !v.Deleted {
			all = append(all, v)
		}
	}
	return all
}

// next is the number of the next version: numbers of deleted ones are not used again.
func (s *subject) next() int32 {
	if s == nil || len(s.versions) == 0 {
		return 1
	}
	return s.versions[len(s.versions)-1].Version + 1
}

// identity is all that has one id in a context.
type identity struct {
	id      int32
	guid    registry.GUID
	holders map[place]*stored
	shown   *stored // one of the holders: a live one if there is one
}

func (i *identity) hold(v *stored) {
	i.holders[v.place()] = v
	if i.shown == nil || i.shown.place() == v.place() || i.shown.Deleted && !v.Deleted {
		i.shown = v
	}
	i.settle()
}

func (i *identity) release(p place) {
	delete(i.holders, p)
	if i.shown != nil && i.shown.place() == p {
		i.shown = nil
	}
	i.settle()
}

// settle finds a live holder to show where the one shown is deleted or gone.
func (i *identity) settle() {
	if i.shown != nil && !i.shown.Deleted {
		return
	}
	for _, v := range i.holders {
		if i.shown == nil || !v.Deleted {
			i.shown = v
		}
		if !i.shown.Deleted {
			return
		}
	}
}

// sorted are the holders by subject and version.
func (i *identity) sorted() []*stored {
	all := make([]*stored, 0, len(i.holders))
	for _, v := range i.holders {
		all = append(all, v)
	}
	slices.SortFunc(all, func(a, b *stored) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.Version, b.Version))
	})
	return all
}

// schemaContext is a namespace of subjects with ids of its own.
type schemaContext struct {
	name     string
	maxID    int32 // the highest id ever given: none is given twice
	subjects map[string]*subject
	ids      map[int32]*identity
	byGUID   map[registry.GUID][]*identity // more than one only by import
}

// state is all that the registry keeps. It changes only by apply.
type state struct {
	contexts map[string]*schemaContext
	configs  map[string]*config // by qualified subject, or a scope
	modes    map[string]string
	// referrers are, for each place that a reference points at, those who point.
	referrers map[place]map[place]*stored
	guids     map[registry.GUID]map[*identity]struct{}
	versions  int // in all subjects
}

func newState() *state {
	return &state{
		contexts:  map[string]*schemaContext{},
		configs:   map[string]*config{},
		modes:     map[string]string{},
		referrers: map[place]map[place]*stored{},
		guids:     map[registry.GUID]map[*identity]struct{}{},
	}
}

// size is how many ops a snapshot has.
func (s *state) size() int { return len(s.contexts) + s.versions + len(s.configs) + len(s.modes) }

// context is the context of that name, made if need be.
func (s *state) context(name string) *schemaContext {
	c := s.contexts[name]
	if c == nil {
		c = &schemaContext{
			name:     name,
			subjects: map[string]*subject{},
			ids:      map[int32]*identity{},
			byGUID:   map[registry.GUID][]*identity{},
		}
		s.contexts[name] = c
	}
	return c
}

// subject is the subject of that qualified name; nil when it has no versions.
func (s *state) subject(qualified string) *subject {
	if c := s.contexts[parseName(qualified).context]; c != nil {
		return c.subjects[qualified]
	}
	return nil
}

// identity is what an id means in a context.
func (s *state) identity(context string, id int32) *identity {
	if c := s.contexts[context]; c != nil {
		return c.ids[id]
	}
	return nil
}

// identities are the ids of a content in a context, smallest first.
func (s *state) identities(context string, guid registry.GUID) []*identity {
	if c := s.contexts[context]; c != nil {
		return c.byGUID[guid]
	}
	return nil
}

// put adds a version or replaces it.
func (s *state) put(v *stored) {
	v.guid = contentGUID(&registry.Schema{Text: v.Text, References: v.References, Metadata: v.Metadata, RuleSet: v.RuleSet})
	c := s.context(parseName(v.Subject).context)
	s.remove(v.place())
	sub := c.subjects[v.Subject]
	if sub == nil {
		sub = &subject{name: v.Subject}
		c.subjects[v.Subject] = sub
	}
	i, _ := sub.find(v.Version)
	sub.versions = slices.Insert(sub.versions, i, v)
	s.versions++
	if !v.Deleted {
		sub.live++
	}
	id := c.ids[v.ID]
	if id == nil {
		id = &identity{id: v.ID, guid: v.guid, holders: map[place]*stored{}}
		c.ids[v.ID] = id
		c.byGUID[v.guid] = append(c.byGUID[v.guid], id)
		slices.SortFunc(c.byGUID[v.guid], func(a, b *identity) int { return cmp.Compare(a.id, b.id) })
		if s.guids[v.guid] == nil {
			s.guids[v.guid] = map[*identity]struct{}{}
		}
		s.guids[v.guid][id] = struct{}{}
	}
	id.hold(v)
	c.maxID = max(c.maxID, v.ID)
	for _, t := range v.targets() {
		if s.referrers[t] == nil {
			s.referrers[t] = map[place]*stored{}
		}
		s.referrers[t][v.place()] = v
	}
}

// remove forgets a version, if it is there.
func (s *state) remove(p place) {
	c := s.contexts[parseName(p.subject).context]
	if c == nil {
		return
	}
	sub := c.subjects[p.subject]
	v := sub.at(p.version)
	if v == nil {
		return
	}
	i, _ := sub.find(p.version)
	sub.versions = slices.Delete(sub.versions, i, i+1)
	s.versions--
	if !v.Deleted {
		sub.live--
	}
	if len(sub.versions) == 0 {
		delete(c.subjects, p.subject)
	}
	if id := c.ids[v.ID]; id != nil {
		id.release(p)
		if len(id.holders) == 0 {
			delete(c.ids, v.ID)
			if c.byGUID[id.guid] = slices.DeleteFunc(c.byGUID[id.guid], func(o *identity) bool { return o == id }); len(c.byGUID[id.guid]) == 0 {
				delete(c.byGUID, id.guid)
			}
			if delete(s.guids[id.guid], id); len(s.guids[id.guid]) == 0 {
				delete(s.guids, id.guid)
			}
		}
	}
	for _, t := range v.targets() {
		if delete(s.referrers[t], p); len(s.referrers[t]) == 0 {
			delete(s.referrers, t)
		}
	}
}
