namespace SkyDriver.Apps.Tests.FleetApi;

/// <summary>Who may call what, as the description says it.</summary>
public sealed class FleetRoleTests(FleetService service) : IClassFixture<FleetService>
{
    [Theory]
    [InlineData("/tasks", "post", "user internal")]
    [InlineData("/tasks/{task_id}", "delete", "user")]
    [InlineData("/workers/{worker_id}/heartbeat", "put", "internal worker")]
    [InlineData("/workers/{worker_id}/ping", "put", "internal")]
    [InlineData("/workers/{worker_id}/signals", "get", "internal")]
    [InlineData("/workers/{worker_id}/signals", "post", "user")]
    [InlineData("/workers/deploy", "put", "user")]
    [InlineData("/executions/{execution_id}", "put", "internal worker")]
    [InlineData("/executions/{execution_id}/output", "put", "internal worker")]
    [InlineData("/executions/{execution_id}/output", "get", "user internal")]
    [InlineData("/batch/{batch}/stop", "put", "user")]
    [InlineData("/recruiter", "post", "user")]
    [InlineData("/jobs/{job_id}/restart", "put", "user")]
    [InlineData("/config/rclone", "get", "internal")]
    public async Task Route_Roles_AreThese(string path, string method, string roles)
    {
        var (_, document) = await service.CallAsync("GET", "/openapi.json");
        Assert.Equal(roles, string.Join(' ', document.GetProperty("paths").GetProperty(path).GetProperty(method).GetProperty("security")[0].GetProperty("bearer").EnumerateArray().Select(role => role.GetString())));
    }
}
