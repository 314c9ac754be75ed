package avrogen

import "testing"

func TestNamesAreGos(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"user_id": "UserID", "userId": "UserID", "UserID": "UserID", "USER_ID": "UserID", "user": "User",
		"RED": "Red", "HTTPServer": "HTTPServer", "httpServer": "HTTPServer", "http_url": "HTTPURL", "theURLPath": "TheURLPath",
		"sha256Sum": "Sha256Sum", "v_1_2": "V1_2", "v1x2": "V1x2", "utf8": "UTF8", "type": "Type", "string": "String",
		"_": "X", "___": "X", "_1": "X1", "__a__b__": "AB", "a": "A", "A": "A", "aB": "AB", "ABc": "ABc", "id2": "Id2",
	} {
		if got := exportedName(name); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func TestFileNamesAreNeitherHiddenNorForOneSystem(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]string{
		"user_event.avsc": "user_event_avro.go", "UserEvent.AVSC": "userevent_avro.go", "dir/a.b.avsc": "a_b_avro.go", `C:\x\event.avsc`: "event_avro.go",
		"event_test.avsc": "event_test_avro.go", "linux.avsc": "linux_avro.go", "_event.avsc": "event_avro.go", ".avsc": "schema_avro.go",
		"user-events-value": "user_events_value_avro.go", ":.staging:orders": "staging_orders_avro.go", "\x00\n.avsc": "schema_avro.go", "ünï.avsc": "n_avro.go", "": "schema_avro.go",
	} {
		if got := fileName(source); got != want {
			t.Errorf("%q: %s, want %s", source, got, want)
		}
	}
}

func TestADirectoryNamesThePackage(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]string{"events": "events", "user-events": "userevents", "My.Events2": "myevents2", "": "", "go": "", "2": "", "--": "", "/": ""} {
		if got, err := PackageName(dir); got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v", dir, got, err)
		}
	}
}
