using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace k8s;

/// <summary>YAML, read as the JSON that it stands for.</summary>
public static class KubernetesYaml
{
    /// <param name="strict">Refuses fields that the type does not have.</param>
    /// <exception cref="YamlException">It is no YAML, or not of that type.</exception>
    public static TValue Deserialize<TValue>(string yaml, bool strict = false)
    {
        YamlStream documents = [];
        documents.Load(new StringReader(yaml));
        if (documents.Documents.Count != 1) throw new YamlException($"There are {documents.Documents.Count} documents where one is wanted.");
        try
        {
            return Json(documents.Documents[0].RootNode).Deserialize<TValue>(strict ? KubernetesJson.Strict : KubernetesJson.Options)
                ?? throw new YamlException("The document is empty.");
        }
        catch (JsonException fault)
        {
            throw new YamlException(fault.Message, fault);
        }
    }

    private static JsonNode? Json(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(c => KeyValuePair.Create(Key(c.Key), Json(c.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(Json)]),
        YamlScalarNode scalar => Scalar(scalar),
        _ => throw new YamlException(node.Start, node.End, "Aliases are not read here; write the value out."),
    };

    private static string Key(YamlNode node) => node is YamlScalarNode { Value: { } key } ? key : throw new YamlException(node.Start, node.End, "A key must be a text.");

    private static JsonValue? Scalar(YamlScalarNode scalar)
    {
        string text = scalar.Value ?? "";
        if (scalar.Style is not (ScalarStyle.Plain or ScalarStyle.Any)) return JsonValue.Create(text);
        return text switch
        {
            "" or "~" or "null" => null,
            "true" => JsonValue.Create(true),
            "false" => JsonValue.Create(false),
            _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) => JsonValue.Create(whole),
            _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && double.IsFinite(number) => JsonValue.Create(number),
            _ => JsonValue.Create(text),
        };
    }
}
