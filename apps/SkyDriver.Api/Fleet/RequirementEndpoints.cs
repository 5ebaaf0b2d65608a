using SkyDriver.Api.Auth;
using SkyDriver.Api.Http;
using SkyDriver.Contracts.Fleet;
using SkyDriver.Hosting.Actors;

namespace SkyDriver.Api.Fleet;

/// <summary><c>/requirement</c></summary>
internal sealed class RequirementEndpoints(FleetLocator fleet)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapFleet("GET", "/requirement", new("Which task needs which.", FleetRoutes.Everybody)
        {
            Arguments = [new("batch", "array|string", "Only of tasks of these batches."), FleetArguments.After, FleetArguments.Limit],
        }, ListAsync);
        routes.MapFleet("POST", "/requirement", new("Makes a task need another one.", Role.User)
        {
            GoodStatus = StatusCodes.Status201Created,
            Arguments = [new("task_id", "integer", "The task that needs.", Required: true), new("other_task_id", "integer", "What it needs.", Required: true)],
        }, AddAsync);
        routes.MapFleet("DELETE", "/requirement/{requirement_id}", new("Removes a requirement.", Role.User), DeleteAsync);
    }

    private async Task<IResult> ListAsync(Call call)
    {
        IReadOnlyList<string>? batches = call.Arguments.Batches();
        long after = call.Arguments.Count("after") ?? 0;
        int? limit = call.Arguments.Count("limit", 1, FleetArguments.MaxLimit);
        call.ThrowIfFaulty();
        MergedPages<RequirementV1> pages = new(requirement => requirement.RequirementId);
        foreach (string name in batches ?? await fleet.ListBatchesAsync(call.Aborted))
        {
            IBatchActor batch = fleet.Batch(name);
            pages.Add(async (last, size) => Page(await batch.ListRequirements(new(last, size))));
        }

        return await pages.AnswerAsync(after, limit, call.Aborted);
    }

    private static FleetAnswer<(IReadOnlyList<RequirementV1>, long?)> Page(FleetAnswer<RequirementPageV1> page) =>
        page.IsOk ? FleetAnswer.Ok((page.Value.Requirements, page.Value.Next)) : page.As<(IReadOnlyList<RequirementV1>, long?)>();

    private async Task<IResult> AddAsync(Call call)
    {
        call.Arguments.Require("task_id");
        call.Arguments.Require("other_task_id");
        long? task = call.Arguments.Integer("task_id"), other = call.Arguments.Integer("other_task_id");
        string? own = task is null ? null : await fleet.FindBatchAsync(task.Value, call.Aborted), others = other is null ? null : await fleet.FindBatchAsync(other.Value, call.Aborted);
        if (task is not null && own is null) call.Arguments.Fault("task_id", "there is no such task");
        if (other is not null && others is null) call.Arguments.Fault("other_task_id", "there is no such task");
        if (own is not null && others is not null && own != others)
            call.Arguments.Fault("other_task_id", "is of another batch; such a requirement can be given only when a task is created, in 'required_task_ids'");
        call.ThrowIfFaulty();
        return FleetRoutes.Answer(await fleet.Batch(own!).AddRequirement(call.Command(new NewRequirementV1(task!.Value, other!.Value))));
    }

    private async Task<IResult> DeleteAsync(Call call)
    {
        long id = call.Id("requirement_id", "requirement");
        call.ThrowIfFaulty();
        return FleetRoutes.Answer(await (await fleet.OwnerAsync(id, "requirement", call.Aborted)).DeleteRequirement(id));
    }
}
