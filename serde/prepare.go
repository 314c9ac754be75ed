package serde

import (
	"context"
	"errors"
	"fmt"

	"github.com/concord-go/concord/registry"
)

// versionLister is what Prepare needs of a registry to look at all versions of a subject;
// [*registry.Client] has it. Of any other source the latest version alone is looked at.
type versionLister interface {
	Versions(ctx context.Context, subject registry.Subject, opts ...registry.VersionsOption) ([]registry.Version, error)
}

// Prepare compiles the decoders for every registered version of the fields' subjects, so that a program learns
// at its start that T cannot read one. Subjects are named by [TopicName], and by [TopicRecordName] for the
// cases of a [Sum]; one that has no version yet is no failure. All failures are reported, each an [*Error].
func (d *Deserializer[T]) Prepare(ctx context.Context, fields ...Field) error {
	var errs []error
	for _, field := range fields {
		for _, s := range d.subjects(field) {
			if s.err == nil {
				s.err = d.prepare(ctx, field, s)
			}
			if s.err != nil {
				errs = append(errs, s.err)
			}
		}
	}
	return errors.Join(errs...)
}

// preparedSubject is a subject under which T's writers keep their schemas.
type preparedSubject struct {
	name    registry.Subject
	indexes func(WriterSchema) []int // where T's message is in a Protobuf file; nil for other formats
	err     error
}

// subjectLister is a format that knows the subjects of its records: a [Sum].
type subjectLister interface {
	subjects(field Field) []preparedSubject
}

func (d *Deserializer[T]) subjects(field Field) []preparedSubject {
	if s, ok := d.format.(subjectLister); ok {
		return s.subjects(field)
	}
	name, err := TopicName(field, "")
	return []preparedSubject{{name: name, indexes: indexesOf(d.format), err: err}}
}

// indexesOf finds the message indexes of T by asking for an encoder; nil for formats without them.
func indexesOf[T any](format Format[T]) func(WriterSchema) []int {
	if format.SchemaType() != registry.Protobuf {
		return nil
	}
	return func(writer WriterSchema) []int {
		if e, err := format.NewEncoder(writer); err == nil {
			if i, ok := e.(MessageIndexer); ok {
				return i.MessageIndexes()
			}
		}
		return nil // the first message
	}
}

func (d *Deserializer[T]) prepare(ctx context.Context, field Field, s preparedSubject) error {
	versions := []registry.Version{registry.LatestVersion}
	if lister, ok := d.src.(versionLister); ok {
		var err error
		if versions, err = lister.Versions(ctx, s.name); err != nil {
			return d.unprepared(field, s.name, 0, err)
		}
	}
	var errs []error
	for _, v := range versions {
		r, err := d.src.Version(ctx, s.name, v)
		if err == nil {
			err = d.compile(ctx, r, s.indexes)
		}
		if err := d.unprepared(field, s.name, r.ID, err); err != nil {
			if v != registry.LatestVersion {
				err = fmt.Errorf("version %d: %w", v, err)
			}
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// unprepared is the failure of a version; nil for a subject that does not exist yet.
func (d *Deserializer[T]) unprepared(field Field, subject registry.Subject, id registry.SchemaID, err error) error {
	if err == nil || errors.Is(err, registry.ErrSubjectNotFound) || errors.Is(err, registry.ErrVersionNotFound) {
		return nil
	}
	err = fromRegistry(err, UnknownSchema, "is this the registry that the topic's producers use?", "preparing")
	return &Error{Op: "prepare to deserialize", Field: field, Subject: subject, SchemaID: id, Class: ClassOf(err), Err: err}
}

// compile makes the decoder of a registered schema. Where records name the message, it is not kept.
func (d *Deserializer[T]) compile(ctx context.Context, r registry.Registered, indexes func(WriterSchema) []int) error {
	if indexes == nil {
		c, err := d.load(ctx, frameRef{id: r.ID})
		if err == nil {
			err = c.err
		}
		return err
	}
	writer, err := d.writer(ctx, frameRef{id: r.ID})
	if err != nil {
		return err
	}
	if err := checkType(writer.Type, d.format.SchemaType()); err != nil {
		return err
	}
	if writer.MessageIndexes = indexes(writer); len(writer.MessageIndexes) == 0 {
		writer.MessageIndexes = []int{0}
	}
	_, err = d.format.NewDecoder(writer)
	return err
}

// subjects are those of the cases.
func (s *Sum[E]) subjects(field Field) []preparedSubject {
	var all []preparedSubject
	for _, c := range s.cases {
		all = append(all, c.inner.subject(field))
	}
	return all
}

func (c typedCase[E, T]) subject(field Field) preparedSubject {
	name, err := c.format.RecordName()
	s := preparedSubject{indexes: indexesOf(c.format), err: err}
	if err == nil {
		s.name, s.err = TopicRecordName(field, name)
	}
	return s
}
