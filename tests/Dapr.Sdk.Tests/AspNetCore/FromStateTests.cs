using System.Net;
using System.Net.Http.Json;
using Dapr.Client;
using Dapr.Sdk.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Sdk.Tests.AspNetCore;

public sealed class FromStateTests : IAsyncLifetime
{
    private FakeDapr _dapr = null!;
    private TestApp _app = null!;

    public async ValueTask InitializeAsync()
    {
        _dapr = await FakeDapr.StartAsync();
        _app = await TestApp.StartAsync(app => app.MapControllers(), services => services.AddControllers()
            .AddApplicationPart(typeof(StarsController).Assembly)
            .AddDapr(builder => builder.UseGrpcEndpoint(_dapr.Grpc).UseHttpEndpoint(_dapr.Http)));
        await _app.Services.GetRequiredService<DaprClient>().SaveStateAsync("store", "vega", new Star("Vega"));
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await _dapr.DisposeAsync();
    }

    [Theory]
    [InlineData("/stars/vega")]                 // key: the route value of the argument's name
    [InlineData("/stars/by-id/vega")]           // key: the route value the attribute names
    public async Task FromState_StoredValue_IsTheArgument(string path) => Assert.Equal("Vega", await _app.Http.GetStringAsync(path));

    [Fact]
    public async Task FromState_Entry_CanBeSaved()
    {
        using var answer = await _app.Http.PostAsJsonAsync("/stars/vega", new Star("Altair"));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("Altair", await _app.Http.GetStringAsync("/stars/vega"));
    }

    [Fact]
    public async Task FromState_MissingKey_IsNull() => Assert.Equal("none", await _app.Http.GetStringAsync("/stars/nothing"));
}

public sealed record Star(string Name);

public sealed class StarsController : ControllerBase
{
    [HttpGet("/stars/{star}")]
    public string Get([FromState("store")] Star? star) => star?.Name ?? "none";

    [HttpGet("/stars/by-id/{id}")]
    public string GetById([FromState("store", "id")] Star? star) => star?.Name ?? "none";

    [HttpPost("/stars/{star}")]
    public async Task<bool> Change([FromState("store")] StateEntry<Star> star, [FromBody] Star next)
    {
        star.Value = next;
        return await star.TrySaveAsync();
    }
}
