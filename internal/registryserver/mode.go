package registryserver

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/concord-go/concord/registry"
)

const (
	modeReadWrite        = "READWRITE"
	modeReadOnly         = "READONLY"
	modeReadOnlyOverride = "READONLY_OVERRIDE"
	modeImport           = "IMPORT"
	modeForward          = "FORWARD"
)

var modes = []string{modeReadWrite, modeReadOnly, modeReadOnlyOverride, modeImport, modeForward}

type modeAnswer struct {
	Mode *string `json:"mode"`
}

// modeInScope is the mode that counts for a subject.
func (e *Engine) modeInScope(qualified string) string {
	for _, key := range scopes(qualified) {
		if m := e.state.modes[key]; m != "" {
			return m
		}
	}
	return modeReadWrite
}

// imports reports whether a mode takes ids and versions as they are given.
func importing(mode string) bool { return mode == modeImport || mode == modeForward }

// checkWritable refuses changes where the mode forbids them.
func (e *Engine) checkWritable(qualified string) error {
	if m := e.modeInScope(qualified); m == modeReadOnly || m == modeReadOnlyOverride {
		return fail(registry.ErrNotPermitted, "Subject %s in context %s is in read-only mode", qualified, parseName(qualified).context)
	}
	return nil
}

func (c *call) showMode() (any, error) {
	e, key := c.e, c.subject()
	e.mu.RLock()
	defer e.mu.RUnlock()
	m := e.state.modes[key]
	switch {
	case m != "":
	case isGlobal(key):
		m = modeReadWrite
	case !c.flag("defaultToGlobal"):
		return nil, fail(registry.ErrNoSubjectMode, "Subject '%s' does not have subject-level mode configured", c.param("subject"))
	default:
		m = e.modeInScope(key)
	}
	return modeAnswer{&m}, nil
}

// requestedMode is the mode of a PUT: nil clears it. A bare string is taken too.
func (c *call) requestedMode() (*string, error) {
	v, err := parseBody(c.body)
	if err != nil {
		return nil, err
	}
	if s, ok := v.(string); ok {
		return &s, nil
	}
	o, err := parseObject(c.body)
	if err != nil {
		return nil, err
	}
	if !o.has("mode") {
		return nil, errNoMode
	}
	return o.text("mode"), o.err
}

var errNoMode = errors.New(`the body has no "mode"`)

func (c *call) setMode() (any, error) {
	mode, err := c.requestedMode()
	if errors.Is(err, errNoMode) {
		return nil, failHTTP(http.StatusInternalServerError, "The body has no field \"mode\"")
	}
	if err != nil {
		return nil, err
	}
	key := c.subject()
	if err := checkScope(c.param("subject")); err != nil {
		return nil, err
	}
	set := ""
	if mode != nil {
		if set = strings.ToUpper(*mode); !slices.Contains(modes, set) {
			return nil, fail(registry.ErrInvalidMode, "Invalid mode. Valid values are READWRITE, READONLY, READONLY_OVERRIDE, IMPORT, and FORWARD")
		}
		if set == modeForward && key != everyScope {
			return nil, fail(registry.ErrInvalidMode, "Forward mode only supported on global level")
		}
	}
	e := c.e
	e.mu.Lock()
	defer e.mu.Unlock()
	var ops []op
	if set == modeImport && e.state.modes[key] != modeImport && !c.flag("force") {
		for _, sub := range e.subjectsIn(key) {
			if sub.live > 0 {
				return nil, fail(registry.ErrNotPermitted, "Cannot import since found existing subjects")
			}
			for _, v := range sub.versions {
				ops = append(ops, op{Remove: &placeOp{Subject: v.Subject, Version: v.Version}})
			}
		}
	}
	ops = append(ops, op{Mode: &modeOp{key, set}})
	return modeAnswer{mode}, e.commit(ops...)
}

// subjectsIn are the subjects for which a key's settings count.
func (e *Engine) subjectsIn(key string) []*subject {
	n := parseName(key)
	if n.local != "" {
		if s := e.state.subject(key); s != nil {
			return []*subject{s}
		}
		return nil
	}
	var all []*subject
	for _, c := range e.state.contexts {
		if key != everyScope && c.name != n.context {
			continue
		}
		for _, s := range c.subjects {
			all = append(all, s)
		}
	}
	return all
}

func (c *call) deleteMode() (any, error) {
	e, key := c.e, c.subject()
	e.mu.Lock()
	defer e.mu.Unlock()
	old := e.state.modes[key]
	recursive := c.flag("recursive")
	var ops []op
	if recursive {
		context := parseName(key).context
		for k := range e.state.modes {
			if parseName(k).context == context && k != key && parseName(key).local == "" {
				ops = append(ops, op{Mode: &modeOp{Key: k}})
			}
		}
	}
	switch {
	case old != "":
		ops = append(ops, op{Mode: &modeOp{Key: key}})
	case isGlobal(key):
		old = modeReadWrite
	case !recursive:
		return nil, subjectNotFound(c.param("subject"))
	}
	if err := e.commit(ops...); err != nil {
		return nil, err
	}
	if old == "" {
		return struct{}{}, nil
	}
	return modeAnswer{&old}, nil
}
