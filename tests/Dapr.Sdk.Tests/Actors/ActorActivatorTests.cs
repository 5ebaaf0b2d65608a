using System.Net;
using Dapr.Actors;
using Dapr.Actors.Runtime;
using Dapr.Sdk.Tests.Fakes;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr.Sdk.Tests.Actors;

/// <summary>Who makes actors, in which scope, and what is disposed when they leave.</summary>
public sealed class ActorActivatorTests
{
    [Fact]
    public async Task Injected_ScopedService_LivesAsLongAsTheActorIsActive()
    {
        var journal = new Journal();
        await using var app = await StartAsync(
            services => services.AddSingleton(journal).AddScoped<Notebook>(),
            options => options.Actors.RegisterActor<ScopedActor>());
        Assert.Equal(await CallAsync(app, "a"), await CallAsync(app, "a"));
        Assert.NotEqual(await CallAsync(app, "a"), await CallAsync(app, "b"));
        Assert.Empty(journal.Lines);
        (await app.Http.DeleteAsync("/actors/ScopedActor/a")).EnsureSuccessStatusCode();
        Assert.Equal(["actor disposed", "notebook disposed"], journal.Lines);
    }

    [Fact]
    public async Task Own_OfOneType_MakesAndDeletesItsActors()
    {
        var journal = new Journal();
        await using var app = await StartAsync(
            _ => { }, options => options.Actors.RegisterActor<ScopedActor>(r => r.Activator = new OwnActivator(journal)));
        await CallAsync(app, "a");
        (await app.Http.DeleteAsync("/actors/ScopedActor/a")).EnsureSuccessStatusCode();
        Assert.Equal(["made a", "deleted a"], journal.Lines);
    }

    [Fact]
    public async Task Own_FactoryOfTheApp_ReplacesInjection()
    {
        var journal = new Journal();
        await using var app = await StartAsync(
            services => services.AddSingleton<ActorActivatorFactory>(new OwnFactory(journal)),
            options => options.Actors.RegisterActor<ScopedActor>());
        await CallAsync(app, "a");
        Assert.Equal(["made a"], journal.Lines);
    }

    /// <summary>An actor that cannot be activated is given back at once, and the next call makes another one.</summary>
    [Fact]
    public async Task Activation_Fails_ActorIsDeletedAndMadeAnew()
    {
        var journal = new Journal();
        await using var app = await StartAsync(
            _ => { }, options => options.Actors.RegisterActor<ScopedActor>(r => r.Activator = new OwnActivator(journal)));
        ScopedActor.FailNextActivation = true;
        using var refused = await app.Http.PutAsync("/actors/ScopedActor/a/method/Number", null);
        Assert.Equal(HttpStatusCode.InternalServerError, refused.StatusCode);
        await CallAsync(app, "a");
        Assert.Equal(["made a", "deleted a", "made a"], journal.Lines);
    }

    [Fact]
    public void RegisterActor_SameTypeNameTwice_IsRefused()
    {
        var options = new ActorRuntimeOptions();
        options.Actors.RegisterActor<ScopedActor>("Twin");
        Assert.Contains("'Twin'", Assert.Throws<ArgumentException>(() => options.Actors.RegisterActor<ScopedActor>("Twin")).Message);
    }

    private static Task<TestApp> StartAsync(Action<IServiceCollection> services, Action<ActorRuntimeOptions> actors) =>
        TestApp.StartAsync(app => app.MapActorsHandlers(), collection =>
        {
            services(collection);
            collection.AddActors(actors);
        });

    private static async Task<string> CallAsync(TestApp app, string id)
    {
        using var answer = await app.Http.PutAsync($"/actors/ScopedActor/{id}/method/Number", null);
        return await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync();
    }

    public interface IScoped : IActor
    {
        Task<Guid> Number();
    }

    public sealed class Notebook(Journal journal) : IDisposable
    {
        public Guid Id { get; } = Guid.NewGuid();

        public void Dispose() => journal.Lines.Add("notebook disposed");
    }

    public sealed class ScopedActor(ActorHost host, Notebook notebook, Journal journal) : Actor(host), IScoped, IAsyncDisposable
    {
        public static bool FailNextActivation { get; set; }

        public Task<Guid> Number() => Task.FromResult(notebook.Id);

        public ValueTask DisposeAsync()
        {
            journal.Lines.Add("actor disposed");
            return ValueTask.CompletedTask;
        }

        protected override Task OnActivateAsync()
        {
            if (!FailNextActivation) return Task.CompletedTask;
            FailNextActivation = false;
            throw new InvalidOperationException("not today");
        }
    }

    private sealed class OwnActivator(Journal journal) : ActorActivator
    {
        public override Task<ActorActivatorState> CreateAsync(ActorHost host)
        {
            journal.Lines.Add($"made {host.Id}");
            return Task.FromResult(new ActorActivatorState(new ScopedActor(host, new Notebook(journal), journal)));
        }

        public override Task DeleteAsync(ActorActivatorState state)
        {
            journal.Lines.Add($"deleted {state.Actor.Host.Id}");
            return Task.CompletedTask;
        }
    }

    private sealed class OwnFactory(Journal journal) : ActorActivatorFactory
    {
        public override ActorActivator CreateActivator(ActorTypeInformation type) => new OwnActivator(journal);
    }
}
