package serde

import (
	"errors"

	"github.com/concord-go/concord/registry"
)

// SubjectStrategy names the subject under which the schema of a field is kept.
// recordName is the full name of the record or message, empty where the schema
// has none. It is called once for each topic and role, and must be a pure
// function, safe for concurrent use.
type SubjectStrategy func(field Field, recordName string) (registry.Subject, error)

// TopicName is "topic-key" or "topic-value": one schema for all records of a
// topic. It is the default.
func TopicName(field Field, _ string) (registry.Subject, error) {
	if field.Topic == "" {
		return "", errors.New("no topic to name a subject after")
	}
	return registry.Subject(field.Topic + "-" + field.Role.String()), nil
}

// RecordName is the record's full name: one schema for a kind of event, in
// whatever topic it is.
func RecordName(_ Field, recordName string) (registry.Subject, error) {
	if recordName == "" {
		return "", errors.New("no record name to name a subject after: only records and messages have one")
	}
	return registry.Subject(recordName), nil
}

// TopicRecordName is the topic, a hyphen and the record's full name: several
// kinds of event in a topic, each evolving by itself.
func TopicRecordName(field Field, recordName string) (registry.Subject, error) {
	if field.Topic == "" {
		return "", errors.New("no topic to name a subject after")
	}
	if recordName == "" {
		return "", errors.New("no record name to name a subject after: only records and messages have one")
	}
	return registry.Subject(field.Topic + "-" + recordName), nil
}
