using System.Net;
using Dapr.Sdk.Tests.Fakes;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Sdk.Tests.AspNetCore;

public sealed class DaprAuthenticationTests
{
    [Theory]
    [InlineData("right", "right", HttpStatusCode.OK)]
    [InlineData("right", "wrong", HttpStatusCode.Unauthorized)]
    [InlineData("right", null, HttpStatusCode.Unauthorized)]
    [InlineData("", "", HttpStatusCode.Unauthorized)]
    public async Task AddDapr_Token_LetsOnlyTheSidecarIn(string expected, string? given, HttpStatusCode status)
    {
        await using var app = await TestApp.StartAsync(
            a =>
            {
                a.UseAuthentication();
                a.UseAuthorization();
                a.MapGet("/", () => "in").RequireAuthorization();
            },
            services =>
            {
                services.AddAuthentication("Dapr").AddDapr(options => options.Token = expected);
                services.AddAuthorization();
            });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        if (given is not null) request.Headers.TryAddWithoutValidation("dapr-api-token", given);
        using var answer = await app.Http.SendAsync(request);
        Assert.Equal(status, answer.StatusCode);
    }
}
