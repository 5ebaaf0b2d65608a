namespace SkyDriver.Reco.Pandel;

/// <summary>What a likelihood kernel computes. Known when the code is compiled, so what a mode does not need falls away.</summary>
internal interface IKernelMode;

internal readonly struct ValueOnly : IKernelMode;

internal readonly struct WithGradient : IKernelMode;
