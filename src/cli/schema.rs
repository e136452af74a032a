//! The JSON schema of `authlint.toml`, made of the options.

use clap::{ArgAction, CommandFactory};
use serde_json::{Map, Value, json};

use super::options::Options;
use super::settled;

/// The schema, for editors; `docs/authlint.schema.json` is a copy.
#[must_use]
pub fn schema() -> String {
    let command = Options::command();
    let mut properties = Map::new();
    let check = command.find_subcommand("check");
    for (name, option) in check.into_iter().flat_map(settled::keys) {
        let values = option.get_possible_values();
        let mut one = json!({ "type": "string" });
        if !values.is_empty() {
            let names: Vec<&str> = values.iter().map(clap::builder::PossibleValue::get_name).collect();
            one = json!({ "enum": names });
        }
        let is_list = matches!(option.get_action(), ArgAction::Append);
        let mut property = match option.get_action() {
            ArgAction::SetTrue => json!({ "type": "boolean" }),
            _ if matches!(name, "map" | "level") => {
                json!({ "type": "object", "additionalProperties": { "type": "string" } })
            }
            _ if name == "ignore-in" => {
                json!({ "type": "object", "additionalProperties": { "type": "array", "items": { "type": "string" } } })
            }
            _ if is_list => json!({ "type": "array", "items": one }),
            _ => one,
        };
        if let (Some(help), Some(property)) = (option.get_help(), property.as_object_mut()) {
            property.insert("description".into(), Value::String(help.to_string()));
        }
        properties.insert(name.to_owned(), property);
    }
    properties.insert(
        "expect".into(),
        json!({
            "type": "array",
            "description": "What has to hold, such as `/admin/** -> never open`",
            "items": {
                "type": "object",
                "properties": {
                    "rule": { "type": "string", "description": "[METHOD] PATH [as USER] [from ADDRESS] -> [never] OUTCOME" },
                    "entry": { "type": "string", "description": "The main configuration that it is about" },
                    "because": { "type": "string", "description": "Why it has to hold" }
                },
                "required": ["rule"],
                "additionalProperties": false
            }
        }),
    );
    let document = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "authlint.toml",
        "type": "object",
        "properties": properties,
        "additionalProperties": false
    });
    serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
}
