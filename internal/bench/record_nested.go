package bench

// Records within records, six deep and stored in place, and in the innermost a tree of
// records behind pointers, four deep: an organisation's chart.

func nestedRecord() *shape[company, laterCompany] {
	tree := unit{Name: "board", Budget: 1_500_000}
	tree.Left = &unit{Name: "engineering", Budget: 900_000, Left: &unit{Name: "platform", Budget: 400_000, Right: &unit{Name: "tools", Budget: 90_000}}, Right: &unit{Name: "apps", Budget: 380_000}}
	tree.Right = &unit{Name: "sales", Budget: 600_000, Right: &unit{Name: "partners", Budget: 40_000, Left: &unit{Name: "emea", Budget: -1}}}
	v := company{ID: 1, Name: "example", Region: region{ID: 22, Name: "europe", Country: country{ID: 333, Name: "portugal", City: city{
		ID: 4444, Name: "porto", Site: site{ID: 55555, Name: "harbour", Floors: 3, Team: team{ID: 666666, Name: "night shift", Chart: tree}},
	}}}}
	w := v.Region.Country.City
	return &shape[company, laterCompany]{
		name: "Nested", schema: nestedSchema, later: laterNestedSchema, recursive: true, value: v,
		laterValue: laterCompany{ID: v.ID, Name: v.Name, Region: laterRegion{ID: 22, Name: "europe", Country: laterCountry{ID: 333, Name: "portugal", City: laterCity{
			ID: int64(w.ID), Name: w.Name, Site: laterSite{ID: w.Site.ID, Name: w.Site.Name, Team: laterTeam{ID: w.Site.Team.ID, Name: w.Site.Team.Name, Chart: tree, Lead: "nobody"}},
		}}}},
		write: appendCompany, read: readCompany, readLater: readLaterCompany, readValue: companyValue,
	}
}

const nestedSchema = `{
  "type": "record", "name": "Company", "namespace": "com.example", "fields": [
    {"name": "id", "type": "int"}, {"name": "name", "type": "string"},
    {"name": "region", "type": {"type": "record", "name": "Region", "fields": [
      {"name": "id", "type": "int"}, {"name": "name", "type": "string"},
      {"name": "country", "type": {"type": "record", "name": "Country", "fields": [
        {"name": "id", "type": "int"}, {"name": "name", "type": "string"},
        {"name": "city", "type": {"type": "record", "name": "City", "fields": [
          {"name": "id", "type": "int"}, {"name": "name", "type": "string"},
          {"name": "site", "type": {"type": "record", "name": "Site", "fields": [
            {"name": "id", "type": "int"}, {"name": "name", "type": "string"}, {"name": "floors", "type": "int"},
            {"name": "team", "type": {"type": "record", "name": "Team", "fields": [
              {"name": "id", "type": "int"}, {"name": "name", "type": "string"},
              {"name": "chart", "type": {"type": "record", "name": "Unit", "fields": [
                {"name": "name", "type": "string"}, {"name": "budget", "type": "long"},
                {"name": "left", "type": ["null", "Unit"], "default": null},
                {"name": "right", "type": ["null", "Unit"], "default": null}]}}]}}]}}]}}]}}]}}]
}`

// In City id has become a long, in Site floors is gone, in Team lead is new.
const laterNestedSchema = `{
  "type": "record", "name": "Company", "namespace": "com.example", "fields": [
    {"name": "id", "type": "int"}, {"name": "name", "type": "string"},
    {"name": "region", "type": {"type": "record", "name": "Region", "fields": [
      {"name": "id", "type": "int"}, {"name": "name", "type": "string"},
      {"name": "country", "type": {"type": "record", "name": "Country", "fields": [
        {"name": "id", "type": "int"}, {"name": "name", "type": "string"},
        {"name": "city", "type": {"type": "record", "name": "City", "fields": [
          {"name": "id", "type": "long"}, {"name": "name", "type": "string"},
          {"name": "site", "type": {"type": "record", "name": "Site", "fields": [
            {"name": "id", "type": "int"}, {"name": "name", "type": "string"},
            {"name": "team", "type": {"type": "record", "name": "Team", "fields": [
              {"name": "id", "type": "int"}, {"name": "name", "type": "string"},
              {"name": "chart", "type": {"type": "record", "name": "Unit", "fields": [
                {"name": "name", "type": "string"}, {"name": "budget", "type": "long"},
                {"name": "left", "type": ["null", "Unit"], "default": null},
                {"name": "right", "type": ["null", "Unit"], "default": null}]}},
              {"name": "lead", "type": "string", "default": "nobody"}]}}]}}]}}]}}]}}]
}`

type company struct {
	ID     int32  `avro:"id"`
	Name   string `avro:"name"`
	Region region `avro:"region"`
}

type region struct {
	ID      int32   `avro:"id"`
	Name    string  `avro:"name"`
	Country country `avro:"country"`
}

type country struct {
	ID   int32  `avro:"id"`
	Name string `avro:"name"`
	City city   `avro:"city"`
}

type city struct {
	ID   int32  `avro:"id"`
	Name string `avro:"name"`
	Site site   `avro:"site"`
}

type site struct {
	ID     int32  `avro:"id"`
	Name   string `avro:"name"`
	Floors int32  `avro:"floors"`
	Team   team   `avro:"team"`
}

type team struct {
	ID    int32  `avro:"id"`
	Name  string `avro:"name"`
	Chart unit   `avro:"chart"`
}

type unit struct {
	Name   string `avro:"name"`
	Budget int64  `avro:"budget"`
	Left   *unit  `avro:"left"`
	Right  *unit  `avro:"right"`
}

type laterCompany struct {
	ID     int32       `avro:"id"`
	Name   string      `avro:"name"`
	Region laterRegion `avro:"region"`
}

type laterRegion struct {
	ID      int32        `avro:"id"`
	Name    string       `avro:"name"`
	Country laterCountry `avro:"country"`
}

type laterCountry struct {
	ID   int32     `avro:"id"`
	Name string    `avro:"name"`
	City laterCity `avro:"city"`
}

type laterCity struct {
	ID   int64     `avro:"id"`
	Name string    `avro:"name"`
	Site laterSite `avro:"site"`
}

type laterSite struct {
	ID   int32     `avro:"id"`
	Name string    `avro:"name"`
	Team laterTeam `avro:"team"`
}

type laterTeam struct {
	ID    int32  `avro:"id"`
	Name  string `avro:"name"`
	Chart unit   `avro:"chart"`
	Lead  string `avro:"lead"`
}
