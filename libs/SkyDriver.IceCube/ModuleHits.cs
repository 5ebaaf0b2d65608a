namespace SkyDriver.IceCube;

/// <summary>What one optical module saw, reduced to what the likelihoods use.</summary>
/// <param name="String">String number, 1 to 86.</param>
/// <param name="Om">Position on the string, 1 (top) to 60.</param>
/// <param name="X">m, IceCube coordinates.</param>
/// <param name="Y">m.</param>
/// <param name="Z">m.</param>
/// <param name="FirstTime">Earliest pulse, ns after the start of the Q header.</param>
/// <param name="Charge">Sum of the module's pulses, photo-electrons.</param>
public readonly record struct ModuleHits(int String, int Om, double X, double Y, double Z, double FirstTime, double Charge);
