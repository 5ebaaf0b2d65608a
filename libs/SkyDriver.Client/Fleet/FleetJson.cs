using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using SkyDriver.Contracts;

namespace SkyDriver.Client.Fleet;

/// <summary>Records of the fleet as JSON.</summary>
public static class FleetJson
{
    private static readonly JsonSerializerOptions Lean = new(ContractJson.Options) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    /// <summary>A record in the style of a dictionary, as the service sent it.</summary>
    public static JsonObject AsJson<T>(this T record)
        where T : class => JsonSerializer.SerializeToNode(record, record.GetType(), ContractJson.Options)!.AsObject();

    /// <summary>Arguments of a call: what is null is not sent, and what is to be cleared is sent as null.</summary>
    internal static JsonObject Arguments(object? record)
    {
        if (record is null) return [];
        JsonObject arguments = JsonSerializer.SerializeToNode(record, record.GetType(), Lean)!.AsObject();
        if (arguments["cleared"] is not JsonArray cleared) return arguments;
        arguments.Remove("cleared");
        foreach (JsonNode? name in cleared) arguments[name!.GetValue<string>()] = null;
        return arguments;
    }
}
