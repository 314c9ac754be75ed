package registry

// Scope is what a configuration or mode is set for: [Global], [EveryContext] or
// [OfSubject]. The zero value is none, and an error: an empty variable must not
// change the whole registry.
type Scope struct {
	global  bool
	subject Subject
}

// Global is the whole registry, or where it has several contexts the default one,
// or the client's ([WithSchemaContext]).
func Global() Scope { return Scope{global: true} }

// EveryContext is the whole registry with all its contexts: what counts where
// neither a subject nor its context has a setting. It is the only scope for which
// a registry takes [ModeForward].
func EveryContext() Scope { return Scope{subject: ":.__GLOBAL:"} }

// OfSubject is one subject; with a context alone, ":.staging:", that context.
func OfSubject(subject Subject) Scope { return Scope{subject: subject} }

// request is a request for the setting under root, "/config" or "/mode".
func (s Scope) request(c *Client, method, root string) (request, error) {
	subject := c.of(s.subject)
	if s.global {
		if subject = Subject(c.context); subject == "" {
			return newRequest(method, root), nil
		}
	}
	req := newRequest(method, root+"/{subject}", string(subject))
	return req, checkSubject(req, subject)
}

// settingChanged drops what a registry may answer differently under another
// setting: an alias gives a name another meaning, normalization or default
// metadata make another schema of the same text. Ids and GUIDs stay what they are.
func (c *Client) settingChanged() {
	everything := func(schemaKey) bool { return true }
	anyVersion := func(versionKey) bool { return true }
	anySubject := func(Subject) bool { return true }
	anyMetadata := func(metadataKey) bool { return true }
	c.versions.forget(anyVersion, anyVersion)
	c.newest.memo.forget(anySubject, anySubject)
	c.byMetadata.memo.forget(anyMetadata, anyMetadata)
	c.lookups.forget(everything, everything)
	c.registered.forget(everything, everything)
}
