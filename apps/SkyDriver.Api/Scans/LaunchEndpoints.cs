using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Contracts;
using SkyDriver.Hosting.State;

namespace SkyDriver.Api.Scans;

/// <summary><c>POST /scan</c> and repetitions of scans.</summary>
internal sealed class LaunchEndpoints(LaunchValidator validator, ScanLauncher launcher, ScanControl control, ScanStore scans, EventStore events, Manifests manifests, ApiOptions options)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapCall("POST", "/scan", new("Requests a scan.", Role.User) { Arguments = LaunchArguments.All }, LaunchAsync);
        routes.MapCall("GET", "/scan-request/{id}", new("The request of a scan, with its defaults filled in.", Role.User, Role.Worker), GetRequestAsync);
        routes.MapCall("POST", "/scan/{id}/actions/rescan", new("Repeats a scan under a new id.", Role.User, Role.Internal)
        {
            Redirects = true,
            Arguments =
            [
                new("abort_first", "boolean", "Abort this scan; false when not given."),
                new("replace_scan", "boolean", "Send users of this scan to the new one; false when not given."),
                Argument.ManifestProjection,
            ],
        }, RescanAsync);
    }

    private async Task<IResult> LaunchAsync(Call call)
    {
        LaunchArguments launch = LaunchArguments.Read(call.Arguments, options.StrictV2);
        Projection projection = Projection.Read(call.Arguments, Argument.ManifestProjection.Name);
        if (launch is { EventId: { } eventId, Event.Length: 0 }) launch = await WithStoredEventAsync(launch, eventId, call);
        foreach (FluentValidation.Results.ValidationFailure failure in validator.Validate(launch).Errors) call.Arguments.Fault(failure.ErrorMessage);
        call.ThrowIfFaulty();
        ScanManifest manifest = await launcher.LaunchAsync(launch, call.Caller.Name, KeyOf(call), call.Aborted);
        return Answers.Of(await manifests.ShowAsync(manifest, withEvent: true, projection, call.Aborted));
    }

    private async Task<LaunchArguments> WithStoredEventAsync(LaunchArguments launch, string eventId, Call call)
    {
        byte[]? json = EventStore.IsId(eventId) ? await events.LoadAsync(eventId, call.Aborted) : null;
        if (json is null) call.Arguments.Fault("i3_event_id", "there is no such event");
        return launch with { Event = json ?? [] };
    }

    private async Task<IResult> GetRequestAsync(Call call)
    {
        call.ThrowIfFaulty();
        ScanRequestV1 request = await FindRequestAsync(call);
        // A repetition was asked for by the request that it repeats.
        if (request.OriginalScanId is { } first) request = await scans.GetRequestAsync(first, call.Aborted) ?? request;
        return Answers.Of(request with { ScannerServerEnvFromUser = UserEnvironment.Mask(request.ScannerServerEnvFromUser) });
    }

    private async Task<IResult> RescanAsync(Call call)
    {
        bool abortFirst = call.Arguments.Boolean("abort_first") ?? false, replace = call.Arguments.Boolean("replace_scan") ?? false;
        Projection projection = Projection.Read(call.Arguments, Argument.ManifestProjection.Name);
        call.ThrowIfFaulty();
        ScanRequestV1 origin = await FindRequestAsync(call);
        if (abortFirst) await control.AbortAsync(origin.ScanId, call.Aborted);
        ScanManifest manifest = await launcher.RescanAsync(origin, $"{abortFirst} {replace}", call.Caller.Name, KeyOf(call), call.Aborted)
            ?? throw ApiException.NotFound("the event of this scan is no longer stored");
        if (replace)
        {
            await scans.UpdateManifestAsync(
                origin.ScanId, m => m.ReplacedByScanId == manifest.ScanId ? null : m with { ReplacedByScanId = manifest.ScanId }, call.Aborted);
        }

        return Answers.Of(await manifests.ShowAsync(manifest, call.Caller.IsInternal, projection, call.Aborted));
    }

    private async Task<ScanRequestV1> FindRequestAsync(Call call) =>
        await scans.GetRequestAsync(call.ScanId, call.Aborted) ?? throw ApiException.NotFound("there is no request of such a scan");

    internal static string? KeyOf(Call call) => call.Http.Request.Headers["Idempotency-Key"] is [{ } key] && !string.IsNullOrWhiteSpace(key) ? key : null;
}
