using System.Text.Json;
using System.Text.Json.Serialization;

namespace SkyDriver.Contracts;

/// <summary>How the JSON records are written: snake_case, every member present, null when unset.</summary>
/// <remarks>
/// Records that others read carry their names as attributes, so they come out right under any options
/// (the Dapr SDK has its own); these options serve the rest and the services' own endpoints.
/// </remarks>
public static class ContractJson
{
    public static JsonSerializerOptions Options { get; } = Create();

    private static JsonSerializerOptions Create()
    {
        JsonSerializerOptions options = new(JsonSerializerDefaults.Web)
        {
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
            DefaultIgnoreCondition = JsonIgnoreCondition.Never,
            RespectNullableAnnotations = true,
        };
        options.MakeReadOnly(populateMissingResolver: true);
        return options;
    }
}
