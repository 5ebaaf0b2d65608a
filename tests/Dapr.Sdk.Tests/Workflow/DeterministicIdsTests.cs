using Dapr.Workflow.Worker;

namespace Dapr.Sdk.Tests.Workflow;

public sealed class DeterministicIdsTests
{
    [Fact]
    public void Version5_DnsExample_IsTheOneOfTheStandard() =>
        // RFC 9562, appendix A.4: name-based SHA-1 of www.example.com in the DNS namespace.
        Assert.Equal(
            new Guid("2ed6657d-e927-568b-95e1-2665a8aea6a2"),
            DeterministicIds.Version5(new Guid("6ba7b810-9dad-11d1-80b4-00c04fd430c8"), "www.example.com"));

    [Fact]
    public void Next_SameExecution_GivesTheSameSequence()
    {
        var (one, two) = (new DeterministicIds("i", "run"), new DeterministicIds("i", "run"));
        Assert.Equal([one.Next(), one.Next()], [two.Next(), two.Next()]);
        Assert.NotEqual(one.Next(), new DeterministicIds("i", "other run").Next());
    }

    [Fact]
    public void TaskExecution_EachAttempt_HasItsOwn()
    {
        var ids = new DeterministicIds("i", null);
        Assert.Equal(ids.TaskExecution(1, "a"), new DeterministicIds("i", null).TaskExecution(1, "a"));
        Assert.NotEqual(ids.TaskExecution(1, "a"), ids.TaskExecution(2, "a"));
    }
}
