package registryserver

import "github.com/concord-go/concord/registry"

// deleteSubject is DELETE /subjects/{subject}.
func (c *call) deleteSubject() (any, error) {
	e, subject, permanent := c.e, c.subject(), c.flag("permanent")
	e.mu.Lock()
	defer e.mu.Unlock()
	sub := e.state.subject(subject)
	if sub == nil {
		return nil, subjectNotFound(c.param("subject"))
	}
	if !permanent && sub.live == 0 {
		return nil, fail(registry.ErrSubjectSoftDeleted, "Subject '%s' was soft deleted.Set permanent=true to delete permanently", c.param("subject"))
	}
	if err := e.checkWritable(subject); err != nil {
		return nil, err
	}
	for _, v := range sub.versions {
		if (permanent || !v.Deleted) && e.isReferenced(v, permanent, true) {
			return nil, referenceExists(v)
		}
	}
	if permanent && sub.live > 0 {
		return nil, fail(registry.ErrSubjectNotSoftDeleted, "Subject '%s' was not deleted first before being permanently deleted", c.param("subject"))
	}
	var ops []op
	versions := []int32{}
	for _, v := range sub.versions {
		switch {
		case permanent:
			ops = append(ops, op{Remove: &placeOp{Subject: subject, Version: v.Version}})
		case !v.Deleted:
			ops = append(ops, e.softDelete(v))
		default:
			continue
		}
		versions = append(versions, v.Version)
	}
	if permanent {
		e.parsed.Purge() // what refers to its versions may come to mean something else
		ops = append(ops, e.forgetSettings(subject)...)
	}
	return versions, e.commit(ops...)
}

// deleteVersion is DELETE /subjects/{subject}/versions/{version}.
func (c *call) deleteVersion() (any, error) {
	version, err := c.versionParam()
	if err != nil {
		return nil, err
	}
	e, subject, permanent := c.e, c.subject(), c.flag("permanent")
	e.mu.Lock()
	defer e.mu.Unlock()
	sub := e.state.subject(subject)
	if sub == nil {
		return nil, subjectNotFound(c.param("subject"))
	}
	v := sub.at(version)
	if version == int32(registry.LatestVersion) {
		v = sub.latest()
	}
	switch {
	case v == nil:
		return nil, versionNotFound(version)
	case !permanent && v.Deleted:
		return nil, fail(registry.ErrVersionSoftDeleted, "Subject '%s' Version %d was soft deleted.Set permanent=true to delete permanently", c.param("subject"), v.Version)
	}
	if err := e.checkWritable(subject); err != nil {
		return nil, err
	}
	if e.isReferenced(v, permanent, false) {
		return nil, referenceExists(v)
	}
	if !permanent {
		return v.Version, e.commit(e.softDelete(v))
	}
	if !v.Deleted {
		return nil, fail(registry.ErrVersionNotSoftDeleted, "Subject '%s' Version %d was not deleted first before being permanently deleted", c.param("subject"), v.Version)
	}
	e.parsed.Purge()
	ops := []op{{Remove: &placeOp{Subject: subject, Version: v.Version}}}
	if len(sub.versions) == 1 {
		ops = append(ops, e.forgetSettings(subject)...)
	}
	return v.Version, e.commit(ops...)
}

func (e *Engine) softDelete(v *stored) op {
	return op{Delete: &placeOp{Subject: v.Subject, Version: v.Version, Time: e.now().UnixMilli()}}
}

// forgetSettings removes the config and mode of a subject that is no more.
func (e *Engine) forgetSettings(subject string) []op {
	var ops []op
	if e.state.configs[subject] != nil {
		ops = append(ops, op{Config: &configOp{Key: subject}})
	}
	if e.state.modes[subject] != "" {
		ops = append(ops, op{Mode: &modeOp{Key: subject}})
	}
	return ops
}

// isReferenced reports whether a version is needed by another one: by a live one, or
// with deleted by any. Those of the same subject do not count for a whole subject.
func (e *Engine) isReferenced(v *stored, deleted, whole bool) bool {
	for _, r := range e.state.referrers[v.place()] {
		if (deleted || !r.Deleted) && !(whole && r.Subject == v.Subject) {
			return true
		}
	}
	return false
}

func referenceExists(v *stored) error {
	return fail(registry.ErrReferenceExists, "One or more references exist to the schema {subject=%s,version=%d}.", v.Subject, v.Version)
}
