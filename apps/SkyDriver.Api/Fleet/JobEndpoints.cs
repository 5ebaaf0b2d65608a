using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Contracts.Fleet;

namespace SkyDriver.Api.Fleet;

/// <summary><c>/jobs</c>: what launchers are asked to do.</summary>
internal sealed class JobEndpoints(FleetLocator fleet)
{
    private const string What = "job";
    private const int MaxJobs = 1000;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapFleet("GET", "/jobs", new("Jobs, newest first.", FleetRoutes.Everybody)
        {
            Arguments = [FleetArguments.After with { Description = "Only older ones than this id, to read on." }, FleetArguments.Limit with { Description = "At most so many; 1000 when not given." }],
        }, ListAsync);
        routes.MapFleet("GET", "/jobs/{job_id}", new("A job.", FleetRoutes.Everybody), call => ActAsync(call, fleet.Fleet.GetJob));
        routes.MapFleet("DELETE", "/jobs/{job_id}", new("Removes a job; a deployment that runs is ended, and keeps the workers that it has.", Role.User), call => ActAsync(call, fleet.Fleet.DeleteJob));
        routes.MapFleet("PUT", "/jobs/{job_id}/restart", new("Starts a failed job anew.", Role.User), call => ActAsync(call, fleet.Fleet.RestartJob));
    }

    private async Task<IResult> ListAsync(Call call)
    {
        PageV1 page = new(call.Arguments.Count("after") ?? 0, call.Arguments.Count("limit", 1, MaxJobs) ?? MaxJobs);
        call.ThrowIfFaulty();
        return Answers.Of(FleetRoutes.Value(await fleet.Fleet.ListJobs(page)).Jobs.Select(Shown));
    }

    private static async Task<IResult> ActAsync(Call call, Func<long, Task<FleetAnswer<JobV1>>> act)
    {
        long id = call.Id("job_id", What);
        call.ThrowIfFaulty();
        return Answers.Of(Shown(FleetRoutes.Value(await act(id))));
    }

    /// <summary>The environment of workers may hold secrets.</summary>
    private static JobV1 Shown(JobV1 job) => job with { Args = job.Args with { Environment = null } };
}
