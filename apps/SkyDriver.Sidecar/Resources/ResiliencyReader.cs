using SkyDriver.Sidecar.Resiliency;

namespace SkyDriver.Sidecar.Resources;

/// <summary>Reads Resiliency documents. A target may name policies of any of them, so names are checked when all are read.</summary>
internal sealed class ResiliencyReader
{
    private const int LeastHttpStatus = 100, MostHttpStatus = 599, MostGrpcStatus = 16;

    private readonly List<(YamlFields Target, string Field, string Name, Func<ResiliencyManifest, IEnumerable<string>> Known)> _references = [];

    public ResiliencyManifest Read(YamlFields document, string name)
    {
        YamlFields? policies = document.Object("spec")?.Object("policies"), targets = document.Object("spec")?.Object("targets"), components = targets?.Object("components");
        return new(name, document.Source, document.List("scopes"))
        {
            Timeouts = Timeouts(policies?.Object("timeouts")),
            Retries = Each(policies?.Object("retries"), Retry),
            Breakers = Each(policies?.Object("circuitBreakers"), Breaker),
            Apps = Each(targets?.Object("apps"), Target),
            Actors = Each(targets?.Object("actors"), Actor),
            Outbound = Each(components, c => c.Object("outbound") is { } outbound ? Target(outbound) : null),
            Inbound = Each(components, c => c.Object("inbound") is { } inbound ? Target(inbound) : null),
        };
    }

    /// <summary>Faults each target that names a policy which no document has.</summary>
    public void CheckReferences(IReadOnlyList<ResiliencyManifest> all)
    {
        foreach ((YamlFields target, string field, string name, Func<ResiliencyManifest, IEnumerable<string>> known) in _references)
        {
            if (!all.SelectMany(known).Contains(name, StringComparer.Ordinal)) target.Fault(field, $"'{name}' is no {field} policy of these resources.");
        }
    }

    private static Dictionary<string, T> Each<T>(YamlFields? table, Func<YamlFields, T?> read)
        where T : class
    {
        Dictionary<string, T> all = new(StringComparer.Ordinal);
        foreach (string name in table?.Names ?? [])
        {
            if (table!.Object(name) is { } fields && read(fields) is { } value) all[name] = value;
        }

        return all;
    }

    private static Dictionary<string, TimeSpan> Timeouts(YamlFields? table)
    {
        Dictionary<string, TimeSpan> all = new(StringComparer.Ordinal);
        foreach (string name in table?.Names ?? [])
        {
            TimeSpan limit = table!.Duration(name, TimeSpan.Zero, TimeSpan.Zero);
            if (limit > TimeSpan.Zero) all[name] = limit;
            else if (table.Text(name) is null) table.Fault(name, "is missing; use a duration such as 5s.");
        }

        return all;
    }

    private static RetrySpec Retry(YamlFields fields)
    {
        YamlFields? matching = fields.Object("matching");
        return new(
            fields.Choice("policy", "constant", "exponential") is "exponential",
            fields.Duration("duration", RetrySpec.DefaultDuration, TimeSpan.Zero), fields.Duration("maxInterval", RetrySpec.DefaultMaxInterval, TimeSpan.Zero),
            fields.Number("maxRetries", -1, -1, int.MaxValue),
            Statuses(matching, "httpStatusCodes", LeastHttpStatus, MostHttpStatus), Statuses(matching, "gRPCStatusCodes", 0, MostGrpcStatus));
    }

    private static StatusRanges? Statuses(YamlFields? matching, string field, int least, int most)
    {
        if (matching?.Text(field) is not { Length: > 0 } text) return null;
        StatusRanges? ranges = StatusRanges.TryParse(text, least, most);
        if (ranges is null) matching.Fault(field, $"is '{text}'; use codes and ranges from {least} to {most}, such as {(most == MostGrpcStatus ? "4,13-15" : "429,500-599")}.");
        return ranges;
    }

    private static BreakerSpec Breaker(YamlFields fields)
    {
        TripExpression trip = TripExpression.Default;
        try
        {
            if (fields.Text("trip") is { } text) trip = TripExpression.Parse(text);
        }
        catch (FormatException fault)
        {
            fields.Fault("trip", $"is '{fields.Text("trip")}', which cannot be read: {fault.Message}.");
        }

        TimeSpan timeout = fields.Duration("timeout", BreakerSpec.DefaultTimeout, TimeSpan.Zero);
        return new(
            Math.Max(fields.Number("maxRequests", 1, 0, int.MaxValue), 1), fields.Duration("interval", TimeSpan.Zero, TimeSpan.Zero),
            timeout > TimeSpan.Zero ? timeout : BreakerSpec.DefaultTimeout, trip);
    }

    private PolicyNames Actor(YamlFields fields) => Target(fields) with
    {
        Scope = fields.Choice("circuitBreakerScope", "type", "id", "both") switch { "id" => BreakerScope.Id, "both" => BreakerScope.Both, _ => BreakerScope.Type },
        CacheSize = fields.Number("circuitBreakerCacheSize", PolicyNames.DefaultCacheSize, 1, 1_000_000),
    };

    private PolicyNames Target(YamlFields fields) => new(
        Named(fields, "timeout", static m => m.Timeouts.Keys), Named(fields, "retry", static m => m.Retries.Keys), Named(fields, "circuitBreaker", static m => m.Breakers.Keys));

    private string? Named(YamlFields fields, string field, Func<ResiliencyManifest, IEnumerable<string>> known)
    {
        if (fields.Text(field) is not { Length: > 0 } name) return null;
        _references.Add((fields, field, name, known));
        return name;
    }
}
