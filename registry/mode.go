package registry

import (
	"context"
	"errors"
	"net/http"
)

type wireMode struct {
	Mode Mode `json:"mode,omitempty"`
}

// Mode returns the mode of a scope (GET /mode, /mode/{subject}). The error matches
// [ErrNoSubjectMode] where a subject has none, unless [DefaultToGlobal] is given.
// It is asked for anew each time.
func (c *Client) Mode(ctx context.Context, scope Scope, opts ...ScopeOption) (Mode, error) {
	var cfg scopeConfig
	for _, opt := range opts {
		opt.applyScope(&cfg)
	}
	req, err := scope.request(c, http.MethodGet, "/mode")
	if err != nil {
		return "", err
	}
	req.query = set(map[string]bool{"defaultToGlobal": cfg.defaultToGlobal && !scope.global})
	var w wireMode
	err = c.do(ctx, req, into(&w, func(w *wireMode) error {
		if w.Mode == "" {
			return errors.New(`it has no "mode"`)
		}
		return nil
	}))
	return w.Mode, err
}

// SetMode sets the mode of a scope (PUT /mode, /mode/{subject}). The error matches
// [ErrInvalidMode] for a mode that the registry does not know or not take for the
// scope, and [ErrNotPermitted] for [ModeImport] where there are live subjects,
// unless [Force] is given.
func (c *Client) SetMode(ctx context.Context, scope Scope, mode Mode, opts ...SetModeOption) error {
	var cfg setModeConfig
	for _, opt := range opts {
		opt.applySetMode(&cfg)
	}
	req, err := scope.request(c, http.MethodPut, "/mode")
	if err != nil {
		return err
	}
	if mode == "" {
		return req.refuse(ErrInvalidMode, "the mode is empty: DeleteMode removes one")
	}
	req.body = wireMode{mode}
	req.query = set(map[string]bool{"force": cfg.force})
	if mode == ModeImport {
		defer c.settingChanged() // what was deleted softly goes for good
	}
	var w wireMode
	return c.do(ctx, req, into(&w, nil))
}

// DeleteMode removes the mode of a scope and returns what it was
// (DELETE /mode, /mode/{subject}). The error matches [ErrSubjectNotFound] where a
// subject or context has none; with [Recursive] the mode is then "".
func (c *Client) DeleteMode(ctx context.Context, scope Scope, opts ...DeleteModeOption) (Mode, error) {
	var cfg deleteModeConfig
	for _, opt := range opts {
		opt.applyDeleteMode(&cfg)
	}
	req, err := scope.request(c, http.MethodDelete, "/mode")
	if err != nil {
		return "", err
	}
	req.query = set(map[string]bool{"recursive": cfg.recursive})
	var w wireMode
	err = c.do(ctx, req, into(&w, nil))
	return w.Mode, err
}
