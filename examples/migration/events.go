//go:build cgo

package main

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The two versions of the event. They are incompatible: the user's ID is a record instead of a string,
// the time has another name and another type, and no field has a default.
var (
	//go:embed user_event_v1.avsc
	schemaV1 string
	//go:embed user_event_v2.avsc
	schemaV2 string
)

// UserEvent is one of the versions.
type UserEvent interface{ isUserEvent() }

// UserEventV1 is the old version.
type UserEventV1 struct {
	UserID    string `avro:"userId"` // "tenant/number"
	EventTime string `avro:"eventTime"`
	Action    string `avro:"action"`
}

// UserEventV2 is the new version.
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

// String returns the ID in the form of version 1.
func (u User) String() string { return fmt.Sprintf("%s/%d", u.Tenant, u.Number) }

// upgrade converts version 1 to version 2. The conversion service dead-letters events that it refuses.
func upgrade(old UserEventV1) (UserEventV2, error) {
	tenant, number, ok := strings.Cut(old.UserID, "/")
	n, err := strconv.ParseInt(number, 10, 64)
	if !ok || err != nil || tenant == "" {
		return UserEventV2{}, fmt.Errorf("userId is not of the form tenant/number")
	}
	at, err := time.Parse(time.RFC3339Nano, old.EventTime)
	if err != nil {
		return UserEventV2{}, fmt.Errorf("eventTime is not an RFC 3339 time")
	}
	return UserEventV2{User: User{tenant, n}, OccurredAt: at.UTC(), Action: old.Action}, nil
}
