//go:build cgo

package main

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The two versions of one event. The second breaks with the first on purpose: the user's id is no
// text any more, the time has another name and another type, and none has a default.
var (
	//go:embed user_event_v1.avsc
	schemaV1 string
	//go:embed user_event_v2.avsc
	schemaV2 string
)

// UserEvent is either of them.
type UserEvent interface{ isUserEvent() }

// UserEventV1 is what producers wrote so far.
type UserEventV1 struct {
	UserID    string `avro:"userId"` // "tenant/number"
	EventTime string `avro:"eventTime"`
	Action    string `avro:"action"`
}

// UserEventV2 is what they will write.
type UserEventV2 struct {
	User       User      `avro:"user"`
	OccurredAt time.Time `avro:"occurredAt"`
	Action     string    `avro:"action"`
}

// User is a user of one of the tenants.
type User struct {
	Tenant string `avro:"tenant"`
	Number int64  `avro:"number"`
}

func (UserEventV1) isUserEvent() {}
func (UserEventV2) isUserEvent() {}

// String is the form that version 1 has.
func (u User) String() string { return fmt.Sprintf("%s/%d", u.Tenant, u.Number) }

// upgrade makes version 2 of version 1. What cannot be upgraded is an error, and becomes a dead letter of
// the conversion service: somebody has to look at it.
func upgrade(old UserEventV1) (UserEventV2, error) {
	tenant, number, ok := strings.Cut(old.UserID, "/")
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || tenant == "" {
		return UserEventV2{}, fmt.Errorf("userId is not of the form tenant/number")
	}
	at, err := time.Parse(time.RFC3339Nano, old.EventTime)
	if err != nil {
		return UserEventV2{}, fmt.Errorf("eventTime is no time by RFC 3339")
	}
	return UserEventV2{User: User{tenant, n}, OccurredAt: at.UTC(), Action: old.Action}, nil
}
