using System.Text.Json.Serialization;

namespace SkyDriver.Contracts;

/// <summary>Days on which scans were requested, in the order of time.</summary>
public sealed record CatalogDaysV1([property: JsonPropertyName("days")] IReadOnlyList<string> Days);

/// <summary>Some of the scans requested on one day, oldest first. Pages are filled one after the other, from 0.</summary>
public sealed record CatalogPageV1([property: JsonPropertyName("scan_ids")] IReadOnlyList<string> ScanIds);
