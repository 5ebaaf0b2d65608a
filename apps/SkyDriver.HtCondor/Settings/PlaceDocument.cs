using System.Text.Json.Serialization;

namespace SkyDriver.HtCondor.Settings;

/// <summary>A place as written in the metadata; what is left out is as for all places.</summary>
internal sealed record PlaceDocument(
    string? Collector,
    string? Schedd,
    string? Owner,
    [property: JsonPropertyName("token")] string? TokenProperty,
    bool? Spool,
    bool? EventLog,
    int? MaxJobs,
    string? CondorConfig,
    Dictionary<string, string?>? Config,
    string? Universe,
    string? Requirements,
    string? AccountingGroup,
    string? AccountingGroupUser,
    Dictionary<string, string?>? Environment,
    List<string?>? ExtraLines);
