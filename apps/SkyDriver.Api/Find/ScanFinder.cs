using System.Runtime.CompilerServices;
using System.Text.Json;
using Dapr.Client;
using SkyDriver.Api.Http;
using SkyDriver.Api.Scans;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Find;

/// <summary>Finds manifests by a filter: through an index where the filter allows it, else through the whole catalogue, never all in memory.</summary>
internal sealed class ScanFinder(StateStore store, ScanStore scans, ScanCatalog catalog)
{
    private const int DefaultLimit = 10_000;
    private const int MaxSorted = 50_000;
    private const int ChunkSize = 64;
    private const int Parallelism = 8;

    /// <summary>They once exhausted the memory of a service: an event, or what stood for it.</summary>
    private static readonly string[] NeverShown = ["ewms_task", Manifests.EventMember, "event_i3live_json_dict__hash"];

    public async Task<IResult> FindAsync(Call call)
    {
        Arguments arguments = call.Arguments;
        arguments.Require("filter");
        List<string> faults = [];
        ManifestFilter? filter = arguments.Object("filter") is { } given ? ManifestFilter.Parse(given, faults) : null;
        foreach (string fault in faults) arguments.Fault("filter", fault);
        bool deleted = arguments.Boolean(Argument.IncludeDeleted.Name) ?? false;
        Projection projection = Projection.Read(arguments, Argument.ManifestProjection.Name);
        foreach (string name in projection.Named(NeverShown)) arguments.Fault(Argument.ManifestProjection.Name, $"'{name}' cannot be selected here");
        long limit = arguments.Integer("limit") ?? DefaultLimit, skip = arguments.Integer("skip") ?? 0;
        if (limit is < 1 or > DefaultLimit) arguments.Fault("limit", $"must be from 1 to {DefaultLimit}");
        if (skip is < 0 or > int.MaxValue) arguments.Fault("skip", "must be an integer from 0 on");
        FindOrder? order = FindOrder.Read(arguments);
        if (order is not null && skip + limit > MaxSorted) arguments.Fault("sort", $"sorted answers reach to the first {MaxSorted} only; narrow the filter");
        arguments.ThrowIfFaulty();

        IAsyncEnumerable<JsonElement> matches = MatchAsync(filter!, hidesDeleted: !deleted && !filter!.Hints.NamesDeleted, call.Aborted);
        if (order is not null) matches = SortAsync(matches, order, (int)(skip + limit), call.Aborted);
        return await WriteAsync(call, matches.Skip((int)skip).Take((int)limit), projection.Except(NeverShown));
    }

    private static async Task<IResult> WriteAsync(Call call, IAsyncEnumerable<JsonElement> matches, Projection projection)
    {
        // The first match is looked for before anything is said, so that a store which is away is a plain error.
        IAsyncEnumerator<JsonElement> next = matches.GetAsyncEnumerator(call.Aborted);
        bool any;
        try
        {
            any = await next.MoveNextAsync();
        }
        catch
        {
            await next.DisposeAsync();
            throw;
        }

        return Results.Stream(
            async body =>
            {
                await using (next)
                {
                    await body.WriteAsync("{\"manifests\":["u8.ToArray(), call.Aborted);
                    for (bool first = true; any; first = false, any = await next.MoveNextAsync())
                    {
                        if (!first) await body.WriteAsync(","u8.ToArray(), call.Aborted);
                        ScanManifest manifest = next.Current.Deserialize<ScanManifest>(ContractJson.Options)!;
                        await JsonSerializer.SerializeAsync(body, projection.Apply(manifest), ContractJson.Options, call.Aborted);
                    }

                    await body.WriteAsync("]}"u8.ToArray(), call.Aborted);
                }
            },
            Answers.Json);
    }

    private async IAsyncEnumerable<JsonElement> MatchAsync(ManifestFilter filter, bool hidesDeleted, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (IReadOnlyList<string> ids in CandidatesAsync(filter.Hints, cancellationToken))
        {
            foreach (string[] chunk in ids.Where(ScanIds.IsWellFormed).Distinct().Chunk(ChunkSize))
            {
                foreach (JsonElement document in await LoadAsync(chunk, cancellationToken))
                {
                    bool shown = !hidesDeleted || !(document.TryGetProperty("is_deleted", out JsonElement flag) && flag.ValueKind is JsonValueKind.True);
                    if (shown && filter.Matches(document)) yield return document;
                }
            }
        }
    }

    private async IAsyncEnumerable<IReadOnlyList<string>> CandidatesAsync(FilterHints hints, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (hints.ScanIds is { } ids)
        {
            yield return [.. ids.Order(StringComparer.Ordinal)];
        }
        else if (hints is { RunId: { } run, EventId: { } number })
        {
            yield return [.. (await scans.ScansOfEventAsync(run, number, cancellationToken)).Select(s => s.ScanId)];
        }
        else
        {
            await foreach (IReadOnlyList<string> page in catalog.ReadAsync(hints.From, hints.To, cancellationToken)) yield return page;
        }
    }

    private async Task<IEnumerable<JsonElement>> LoadAsync(string[] ids, CancellationToken cancellationToken)
    {
        IReadOnlyList<BulkStateItem<JsonElement>> items = await store.GetManyAsync<JsonElement>([.. ids.Select(StateKeys.Manifest)], Parallelism, cancellationToken);
        // In the order in which they were asked for; a scan whose launch broke off has no manifest.
        Dictionary<string, JsonElement> byKey = items.Where(i => i.Value.ValueKind is JsonValueKind.Object).ToDictionary(i => i.Key, i => i.Value);
        return ids.Select(StateKeys.Manifest).Where(byKey.ContainsKey).Select(key => byKey[key]);
    }

    /// <summary>Keeps only the keys of the best so far, and loads their manifests at the end.</summary>
    private async IAsyncEnumerable<JsonElement> SortAsync(
        IAsyncEnumerable<JsonElement> matches, FindOrder order, int most, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        SortedSet<(IReadOnlyList<JsonElement?> Key, long Place, string ScanId)> best = new(Comparer<(IReadOnlyList<JsonElement?> Key, long Place, string ScanId)>.Create((a, b) =>
            order.Compare(a.Key, b.Key) is not 0 and int keys ? keys : a.Place.CompareTo(b.Place)));
        long place = 0;
        await foreach (JsonElement document in matches.WithCancellation(cancellationToken))
        {
            best.Add((order.KeyOf(document), place++, document.GetProperty("scan_id").GetString()!));
            if (best.Count > most) best.Remove(best.Max);
        }

        foreach (string[] chunk in best.Select(b => b.ScanId).Chunk(ChunkSize))
        {
            foreach (JsonElement document in await LoadAsync(chunk, cancellationToken)) yield return document;
        }
    }
}
