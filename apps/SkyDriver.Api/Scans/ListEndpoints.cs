using Dapr.Actors;
using Dapr.Actors.Client;
using SkyDriver.Api.Auth;
using SkyDriver.Api.Find;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;
using SkyDriver.Hosting.Actors;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Scans;

/// <summary>Lists of scans: by event, by filter, and those that wait.</summary>
internal sealed class ListEndpoints(ScanStore scans, ScanFinder finder, IActorProxyFactory actors)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapCall("GET", "/scans", new("Ids of the scans of one event, oldest first.", Role.User)
        {
            Arguments =
            [
                new("run_id", "integer", "Run number.", Required: true), new("event_id", "integer", "Event number.", Required: true),
                new("is_real_event", "boolean", "Real, or simulated.", Required: true), Argument.IncludeDeleted,
            ],
        }, FindByEventAsync);
        routes.MapCall("POST", "/scans/find", new("Manifests that match a filter.", Role.User)
        {
            Arguments =
            [
                new("filter", "object", "Conditions on members, as MongoDB writes them.", Required: true), Argument.IncludeDeleted, Argument.ManifestProjection,
                new("limit", "integer", "At most so many; 10000 when not given."), new("skip", "integer", "Leave out the first ones."),
                new("sort", "string|object|array", "A member, with '-' before it for falling order, or {member: 1 or -1}. Oldest first when not given."),
            ],
        }, finder.FindAsync);
        routes.MapCall("GET", "/scans/backlog", new("Scans that wait for their start, oldest first.", Role.User), GetBacklogAsync);
    }

    private async Task<IResult> FindByEventAsync(Call call)
    {
        Arguments arguments = call.Arguments;
        foreach (string name in new[] { "run_id", "event_id", "is_real_event" }) arguments.Require(name);
        long? run = arguments.Integer("run_id"), number = arguments.Integer("event_id");
        bool? real = arguments.Boolean("is_real_event");
        bool deleted = arguments.Boolean(Argument.IncludeDeleted.Name) ?? false;
        arguments.ThrowIfFaulty();

        List<string> found = [];
        foreach (ScanOfEventV1 scan in await scans.ScansOfEventAsync(run!.Value, number!.Value, call.Aborted))
        {
            if (scan.IsRealEvent != real) continue;
            if (deleted || await scans.GetManifestAsync(scan.ScanId, call.Aborted) is { IsDeleted: false }) found.Add(scan.ScanId);
        }

        return Answers.Of(new { event_id = number, scan_ids = found });
    }

    private async Task<IResult> GetBacklogAsync(Call call)
    {
        call.ThrowIfFaulty();
        ILaunchQueue backlog = actors.CreateActorProxy<ILaunchQueue>(new ActorId(ActorTypes.Backlog), ActorTypes.LaunchQueue);
        BacklogV1 waiting = await backlog.List();
        return Answers.Of(new BacklogV1([.. waiting.Entries.OrderBy(e => e.Timestamp).ThenBy(e => e.ScanId, StringComparer.Ordinal)]));
    }
}
