package registryserver

import (
	"fmt"
	"maps"
	"slices"
)

// op is one change of the state, as the journal keeps it. Exactly one field is set.
type op struct {
	Put         *stored      `json:"put,omitempty"`
	Delete      *placeOp     `json:"delete,omitempty"` // soft
	Remove      *placeOp     `json:"remove,omitempty"` // for good
	Config      *configOp    `json:"config,omitempty"`
	Mode        *modeOp      `json:"mode,omitempty"`
	Context     *contextOp   `json:"context,omitempty"`
	DropContext *dropContext `json:"dropContext,omitempty"`
}

type placeOp struct {
	Subject string `json:"subject"`
	Version int32  `json:"version"`
	Time    int64  `json:"ts,omitempty"`
}

type configOp struct {
	Key    string  `json:"key"`
	Config *config `json:"value"` // nil: none
}

type modeOp struct {
	Key  string `json:"key"`
	Mode string `json:"value"` // empty: none
}

// contextOp names a context that is there, with the highest id it has given.
type contextOp struct {
	Name  string `json:"name"`
	MaxID int32  `json:"maxId,omitempty"`
}

type dropContext struct {
	Name string `json:"name"`
}

// apply changes the state. It fails only on an op that this code never made.
func (s *state) apply(o op) error {
	switch {
	case o.Put != nil:
		if o.Put.Version < 1 || o.Put.ID < 0 {
			return fmt.Errorf("version %d with id %d: want 1 or more, and 0 or more", o.Put.Version, o.Put.ID)
		}
		s.put(o.Put)
	case o.Delete != nil:
		v := s.subject(o.Delete.Subject).at(o.Delete.Version)
		if v == nil {
			return fmt.Errorf("deletes version %d, which is not there", o.Delete.Version)
		}
		deleted := *v
		deleted.Deleted, deleted.Time = true, o.Delete.Time
		s.put(&deleted)
	case o.Remove != nil:
		s.remove(place{o.Remove.Subject, o.Remove.Version})
	case o.Config != nil && o.Config.Config != nil:
		s.configs[o.Config.Key] = o.Config.Config
	case o.Config != nil:
		delete(s.configs, o.Config.Key)
	case o.Mode != nil && o.Mode.Mode != "":
		s.modes[o.Mode.Key] = o.Mode.Mode
	case o.Mode != nil:
		delete(s.modes, o.Mode.Key)
	case o.Context != nil:
		c := s.context(o.Context.Name)
		c.maxID = max(c.maxID, o.Context.MaxID)
	case o.DropContext != nil:
		delete(s.contexts, o.DropContext.Name)
	default:
		return fmt.Errorf("a change of an unknown kind")
	}
	return nil
}

// snapshot lists ops that make an empty state into this one.
func (s *state) snapshot(yield func(op) bool) {
	for _, cname := range slices.Sorted(maps.Keys(s.contexts)) {
		c := s.contexts[cname]
		if !yield(op{Context: &contextOp{cname, c.maxID}}) {
			return
		}
		for _, sname := range slices.Sorted(maps.Keys(c.subjects)) {
			for _, v := range c.subjects[sname].versions {
				if !yield(op{Put: v}) {
					return
				}
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.configs)) {
		if !yield(op{Config: &configOp{key, s.configs[key]}}) {
			return
		}
	}
	for _, key := range slices.Sorted(maps.Keys(s.modes)) {
		if !yield(op{Mode: &modeOp{key, s.modes[key]}}) {
			return
		}
	}
}
